/** More than this in one query makes the first of them wait for the last. */
const mostAtOnce = 256;

/**
 * Makes one query of the reads that come while another one is on its way. After a restart thousands ask for the same
 * kind of thing at once; a query each would hold every connection of the pool for as long as they come.
 *
 * @param read answers in the order of its keys. It begins after each of them was asked for, so nothing older is seen.
 */
export function readTogether<Key, Value>(read: (keys: Key[]) => Promise<Value[]>): (key: Key) => Promise<Value> {
  interface Asked {
    key: Key;
    resolve: (value: Value) => void;
    reject: (error: unknown) => void;
  }
  const waiting: Asked[] = [];
  let isReading = false;

  const run = async (): Promise<void> => {
    isReading = true;
    // Whoever asks in this same turn of the event loop rides along.
    await Promise.resolve();
    while (waiting.length > 0) {
      const asked = waiting.splice(0, mostAtOnce);
      try {
        const values = await read(asked.map(({ key }) => key));
        for (const [place, { resolve }] of asked.entries()) resolve(values[place] as Value);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    isReading = false;
  };

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (!isReading) void run();
    });
}
