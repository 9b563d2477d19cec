import { setPriority } from 'node:os';

const priority = 10;

/** Where cores are scarce this thread gives way to the one that sells: about a tenth of a core that both want. */
export function giveWay(): void {
  // Linux means this thread by it, others the whole process.
  if (process.platform === 'linux') setPriority(priority);
}
