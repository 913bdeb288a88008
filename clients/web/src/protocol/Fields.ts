/** Typed reading of an untrusted JSON object. */

/** A control message that is not JSON, or lacks a field that its type needs. */
export class MessageFormatError extends Error {
  override readonly name = 'MessageFormatError';
}

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws {MessageFormatError} when `value` is no object. */
  constructor(value: unknown, what = 'message') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MessageFormatError(`${what} is not an object`);
    }
    this.#values = value as Record<string, unknown>;
  }

  text(name: string, fallback?: string): string {
    const value = this.#values[name] ?? fallback;
    if (typeof value !== 'string') throw new MessageFormatError(`${name} is not text`);
    return value;
  }

  textOrNull(name: string): string | null {
    return this.#missing(name) ? null : this.text(name);
  }

  number(name: string, fallback?: number): number {
    const value = this.#values[name] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new MessageFormatError(`${name} is not a number`);
    }
    return value;
  }

  /** Everything, as it came. */
  get all(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  object(name: string): Fields {
    return new Fields(this.#values[name], name);
  }

  objectOrNull(name: string): Fields | null {
    return this.#missing(name) ? null : this.object(name);
  }

  list(name: string): readonly unknown[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw new MessageFormatError(`${name} is not a list`);
    return value;
  }

  /** The numeric entries of an object; anything else in it is passed over. */
  numbers(name: string): Readonly<Record<string, number>> {
    const source = this.objectOrNull(name);
    if (source === null) return {};
    return Object.fromEntries(
      Object.entries(source.#values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  }

  #missing(name: string): boolean {
    return this.#values[name] === undefined || this.#values[name] === null;
  }
}
