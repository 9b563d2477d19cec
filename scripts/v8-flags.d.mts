export const v8Flags: string[];
