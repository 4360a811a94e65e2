// The least that a floor needs to know of a schema: parse the unknown, or throw.

export interface Schema<T> {
  parse(input: unknown): T;
}
