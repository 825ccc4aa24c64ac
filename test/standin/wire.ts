/**
 * Owns the form in which values cross between main and page: what structured clone carries, as JSON.
 * `makeWire` is self-contained, because its source text is also run inside the page.
 */
export interface Wire {
  encode(value: unknown): unknown;
  decode(value: unknown): unknown;
}

export function makeWire(): Wire {
  const bytesToText = (bytes: Uint8Array): string => {
    if (typeof Buffer !== 'undefined')
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return (bytes as Uint8Array & { toBase64(): string }).toBase64();
  };
  const textToBuffer = (text: string): ArrayBuffer => {
    const from = (Uint8Array as unknown as { fromBase64?(text: string): Uint8Array<ArrayBuffer> }).fromBase64;
    return from ? from.call(Uint8Array, text).buffer : new Uint8Array(Buffer.from(text, 'base64')).buffer;
  };
  const tagged = (kind: string, value: unknown) => ({ $: kind, v: value });

  function encode(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : tagged('number', Object.is(value, -0) ? '-0' : String(value));
      case 'undefined':
        return tagged('undefined', 0);
      case 'bigint':
        return tagged('bigint', String(value));
      case 'function':
      case 'symbol':
        throw new Error('An object could not be cloned.');
    }
    if (value === null) return null;
    if (Array.isArray(value)) return value.map(encode);
    if (value instanceof ArrayBuffer)
      return tagged('buffer', bytesToText(new Uint8Array(value as ArrayBuffer)));
    if (ArrayBuffer.isView(value)) {
      const name = Object.prototype.toString.call(value).slice(8, -1);
      const bytes = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      return tagged('view', [name, bytesToText(bytes)]);
    }
    if (value instanceof Date) return tagged('date', value.getTime());
    if (value instanceof RegExp) return tagged('regexp', [value.source, value.flags]);
    if (value instanceof Map)
      return tagged(
        'map',
        [...value].map(([k, v]) => [encode(k), encode(v)]),
      );
    if (value instanceof Set) return tagged('set', [...value].map(encode));
    if (value instanceof Error) return tagged('error', [value.name, value.message]);
    const plain: Record<string, unknown> = {};
    for (const key of Object.keys(value as object))
      plain[key] = encode((value as Record<string, unknown>)[key]);
    return '$' in plain ? tagged('object', plain) : plain;
  }

  function decode(value: unknown): unknown {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(decode);
    const fields = value as Record<string, unknown>;
    const v = fields.v as never;
    switch (fields.$) {
      case undefined:
        return Object.fromEntries(Object.entries(fields).map(([k, x]) => [k, decode(x)]));
      case 'object':
        return Object.fromEntries(Object.entries(v as object).map(([k, x]) => [k, decode(x)]));
      case 'number':
        return Number(v);
      case 'undefined':
        return undefined;
      case 'bigint':
        return BigInt(v);
      case 'buffer':
        return textToBuffer(v);
      case 'view': {
        const Constructor = (globalThis as unknown as Record<string, new (b: ArrayBuffer) => unknown>)[v[0]];
        return new Constructor(textToBuffer(v[1]));
      }
      case 'date':
        return new Date(v);
      case 'regexp':
        return new RegExp(v[0], v[1]);
      case 'map':
        return new Map((v as [unknown, unknown][]).map(([k, x]) => [decode(k), decode(x)]));
      case 'set':
        return new Set((v as unknown[]).map(decode));
      case 'error':
        return Object.assign(new Error(v[1]), { name: v[0] });
      default:
        throw new Error(`stand-in: unknown wire kind ${String(fields.$)}`);
    }
  }
  return { encode, decode };
}
