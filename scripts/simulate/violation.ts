/** A rule that must hold did not. `rule` is a short name that stays; the message has the particulars. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;

  constructor(rule: string, particulars: string) {
    super(`${rule}: ${particulars}`);
    this.rule = rule;
  }
}

export function demand(holds: boolean, rule: string, particulars: () => string): asserts holds {
  if (!holds) throw new Violation(rule, particulars());
}
