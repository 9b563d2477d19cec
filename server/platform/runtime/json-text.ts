/** A value as the JSON that is sent of it: another thread wrote it, and the event loop neither reads nor writes it again. */
export class JsonText<Value> {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For who looks into it; read anew each time. */
  get value(): Value {
    return JSON.parse(this.text) as Value;
  }

  /** An object of members of which some are texts already. Members that are undefined are left out. */
  static object<Value extends object>(
    members: {
      [Name in keyof Value]: Value[Name] | JsonText<Value[Name]>;
    },
  ): JsonText<Value> {
    const parts: string[] = [];
    for (const [name, member] of Object.entries(members)) {
      const text = member instanceof JsonText ? member.text : JSON.stringify(member);
      if (text !== undefined) parts.push(`${JSON.stringify(name)}:${text}`);
    }
    return new JsonText(`{${parts.join()}}`);
  }
}
