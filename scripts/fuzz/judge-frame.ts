/** What no answer may show of the inside: stacks, files, statements, libraries, addresses of engines. */
const internals =
  /node_modules|file:\/\/|\.ts\b|\.js\b|\bat \w[\w.]* \(|\bselect\b.*\bfrom\b|\binsert into\b|\bupdate \w+ set\b|\brelation \\*"|\bpg_|\bpostgres\b|\bioredis\b|\bECONN|\bunhandled\b|\bTypeError\b|\bRangeError\b|\bundefined \(|Cannot read prop|is not a function|Maximum call stack/i;

export type Verdict =
  | { kind: 'answer' | 'event' | 'notice' }
  | { kind: 'failure'; code: string; retryable: boolean }
  | { kind: 'fault'; what: string };

/** Whether a frame is one that a server of ours may send, and what it says. */
export function judgeFrame(text: string): Verdict {
  if (text === 'PONG' || text === 'PING') return { kind: 'notice' };
  let frame: {
    id?: unknown;
    method?: unknown;
    result?: { type?: unknown };
    error?: { json?: { message?: unknown; data?: { failure?: { code?: unknown; retryable?: unknown } } } };
  };
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: 'fault', what: `no JSON: ${text.slice(0, 200)}` };
  }
  if (frame.id === null && frame.method === 'reconnect') return { kind: 'notice' };
  if (frame.error) {
    const { code, retryable } = frame.error.json?.data?.failure ?? {};
    if (typeof code !== 'string' || typeof retryable !== 'boolean')
      return { kind: 'fault', what: `a failure outside the catalogue: ${text.slice(0, 300)}` };
    const leak = internals.exec(JSON.stringify(frame.error));
    if (leak) return { kind: 'fault', what: `it tells of its inside («${leak[0]}»): ${text.slice(0, 400)}` };
    // Whatever comes in over the wire is somebody's mistake, and has its name; this is ours.
    if (code === 'INTERNAL') return { kind: 'fault', what: `nobody expected this: ${text.slice(0, 300)}` };
    return { kind: 'failure', code, retryable };
  }
  switch (frame.result?.type) {
    case 'data':
      return { kind: 'answer' };
    case 'started':
    case 'stopped':
      return { kind: 'event' };
    default:
      return { kind: 'fault', what: `no frame of the protocol: ${text.slice(0, 200)}` };
  }
}
