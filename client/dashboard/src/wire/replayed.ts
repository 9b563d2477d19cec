/** How many live updates have come in all; the reconnect banner tells how many of them came on return. */
let updates = 0;

export const recordUpdate = (): void => {
  updates += 1;
};

export const updatesSoFar = (): number => updates;
