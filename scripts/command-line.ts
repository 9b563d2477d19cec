/** What is wrong, in one line for whoever typed the command. */
export class Complaint extends Error {
  override readonly name = 'Complaint';
}

/** The whole number that was typed for an option. Throws `Complaint`. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) < least || Number(text) > most)
    throw new Complaint(`--${name} ${text} is not a number from ${least} to ${most}`);
  return Number(text);
}

/** Was it said to whoever typed the command, by us or by `parseArgs`? */
export const isComplaint = (error: unknown): error is Error =>
  error instanceof Complaint || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;

/** One line of a complaint, all that is known of anything else. */
export const toldOf = (error: unknown): string =>
  isComplaint(error) ? error.message : ((error as Error).stack ?? String(error));
