/** How one field of the view state is encoded in the URL. `format` returns null for the default, which is omitted. */
export interface Field<V> {
  parse: (text: string | null) => V;
  format: (value: V) => string | null;
}

export type Codec<T extends object> = { [K in keyof T]: Field<T[K]> };

export function read<T extends object>(codec: Codec<T>, params: URLSearchParams): T {
  const entries = Object.entries(codec) as [string, Field<unknown>][];
  return Object.fromEntries(entries.map(([key, field]) => [key, field.parse(params.get(key))])) as T;
}

export function write<T extends object>(codec: Codec<T>, state: T, base = new URLSearchParams()): URLSearchParams {
  const params = new URLSearchParams(base);
  for (const [key, field] of Object.entries(codec) as [string, Field<unknown>][]) {
    const text = field.format((state as Record<string, unknown>)[key]);
    if (text === null) params.delete(key);
    else params.set(key, text);
  }
  return params;
}

export const optionalText: Field<string | null> = {
  parse: (text) => (text === "" ? null : text),
  format: (value) => (value === "" ? null : value),
};

/** An integer within bounds; anything else gives the default. */
export function integer(fallback: number, min: number, max: number): Field<number> {
  return {
    parse: (text) => {
      const value = text !== null && /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : fallback;
    },
    format: (value) => (value === fallback ? null : String(value)),
  };
}

export function choice<const V extends string>(options: readonly V[], fallback: V): Field<V> {
  return {
    parse: (text) => options.find((option) => option === text) ?? fallback,
    format: (value) => (value === fallback ? null : value),
  };
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** A time in RFC 3339; anything else gives null. */
export const moment: Field<string | null> = {
  parse: (text) => (text !== null && RFC_3339.test(text) && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : null),
  format: (value) => value,
};
