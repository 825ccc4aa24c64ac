/**
 * Owns telling what a file is that is not what its reader wanted, by its first bytes, then by its name: one table, one
 * sentence each. Every reader of the analyst's files asks it through user-file.ts, and docs/formats.md is written from it.
 */

import { isPicture } from './picture-names.ts';

/** What a reader is after. */
export type Wanted = 'safetensors' | 'onnx' | 'json' | 'text' | 'parquet' | 'image' | 'model';

interface Seen {
  /** The first HEAD_BYTES of the file, or all of it. */
  head: Uint8Array;
  /** The same, a character a byte. */
  text: string;
  /** Without its folder, in lower case. */
  name: string;
}

export interface Form {
  /** After "NAME is". */
  what: string;
  /** What to do. */
  instead: string;
  is(seen: Seen): boolean;
  /** Readers that read it. */
  readBy?: readonly Wanted[];
  /** What to do is the same whatever was wanted, an image too. */
  always?: true;
}

/** Bytes that are looked at. */
export const HEAD_BYTES = 512;

const begins = (...starts: string[]) => {
  return ({ text }: Seen) => starts.some((start) => text.startsWith(start));
};
const matches = (pattern: RegExp) => {
  return ({ text }: Seen) => pattern.test(text);
};
const called = (pattern: RegExp) => {
  return ({ name }: Seen) => pattern.test(name);
};
/** A ZIP by the name of its first entry. */
const zipOf = (pattern: RegExp) => {
  return ({ text }: Seen) => {
    if (!text.startsWith('PK\u0003\u0004')) return false;
    const length = text.charCodeAt(26) + 256 * text.charCodeAt(27);
    return pattern.test(text.slice(30, 30 + length));
  };
};
/** By name as well, as torch's older files begin like others. */
const pickleNames = /\.(bin|pt|pth|ckpt|pkl|pickle|pdparams)$/;

/** Tags that follow the version in a model's first bytes: its producer, domain, graph or operator set. */
const fieldsOfOnnx = new Set([0x12, 0x1a, 0x22, 0x3a, 0x42]);

const again = 'download it again';
const toOnnx = 'export the model to ONNX';
const weights = 'use the .safetensors file of the same model';
const unpack = 'unpack it and choose what is in it';

/** Names of what browsers and download managers have not finished, which may begin as the whole file will. */
const unfinished = /\.(part|partial|crdownload|download|incomplete|aria2|!ut|opdownload)$/;

const isText = (head: Uint8Array): boolean => head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));

/** Text of nothing but JSON's tokens, as far as it is there. */
function isJson({ head, text }: Seen): boolean {
  if (!isText(head)) return false;
  const rest = text
    .replace(/^ï»¿/, '')
    .replaceAll(/"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)/g, '')
    .replaceAll(/\b(?:true|false|null|NaN|Infinity)\b/g, '');
  return /^\s*[[{][\s[\]{},:+\-.\deE]*[a-zA-Z]*$/.test(rest);
}

/** Keys of the answers that sites give in place of a file. */
const errorKeys = /^(error|errors|error_?(code|description|message)|message|msg|detail|details|reason)$/i;
const besideError =
  /^(status_?(code|text)?|code|success|path|timestamp|documentation_url|request_?id|type)$/i;

/** The same as one line of text: "Entry not found", "404: Not Found", "Invalid username or password." */
const errorLine =
  /^\s*(error\b|[45]\d\d\b|[^\n]*\b(not found|unauthori[sz]ed|forbidden|denied|restricted|invalid (username|credentials|token)|too many requests|rate limit|bad gateway|unavailable|time-?out)\b)[^\n]*\s*$/i;

function isErrorAnswer({ text }: Seen): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    const entries = Object.entries(JSON.parse(text) as object);
    // A manifest of one row may have such columns.
    if (entries.some(([key, value]) => key === 'path' && typeof value === 'string' && isPicture(value)))
      return false;
    return (
      entries.some(([key, value]) => errorKeys.test(key) && typeof value !== 'number') &&
      entries.every(([key]) => errorKeys.test(key) || besideError.test(key))
    );
  } catch {
    return false;
  }
}

/** The first that fits. Names count only where the bytes tell nothing, but for an unfinished download's. */
export const forms: readonly Form[] = [
  {
    what: 'an unfinished download',
    instead: 'let it end, or download it again',
    is: called(unfinished),
    always: true,
  },
  {
    what: 'an empty file',
    instead: again,
    is: ({ head }) => head.length === 0,
    readBy: ['text'],
    always: true,
  },
  {
    what: 'a file of zeros, whose content was never written, as a download that broke off leaves it',
    instead: again,
    is: ({ head }) => head.every((byte) => byte === 0),
    always: true,
  },
  {
    what: 'a safetensors file',
    instead: 'give it the extension .safetensors',
    is: ({ head, text }) => head.subarray(3, 8).every((byte) => byte === 0) && text[8] === '{',
    readBy: ['safetensors'],
  },
  {
    what: 'an ONNX model',
    instead: 'give it the extension .onnx',
    is: ({ head }) => head[0] === 0x08 && head[1] <= 20 && fieldsOfOnnx.has(head[2]),
    readBy: ['onnx'],
  },
  {
    what: 'a Git LFS pointer, not the file itself',
    instead: 'run `git lfs pull` where it was cloned',
    is: begins('version https://git-lfs.github.com/', 'version https://hawser.github.com/'),
    always: true,
  },
  {
    what: 'a git-annex pointer, not the file itself',
    instead: 'run `git annex get` where it was cloned',
    is: matches(/^(\.\.\/)*(\.git)?\/annex\/objects\//),
    always: true,
  },
  {
    what: 'a web page (HTML), not the file itself',
    instead: `${again}, signed in where the site wants it`,
    is: matches(/^(ï»¿)?\s*(<!--[\s\S]*?-->\s*)?<(!doctype html|html|head|body|script)\b/i),
    always: true,
  },
  {
    what: 'an XML text, often the error message of a download',
    instead: again,
    is: matches(/^(ï»¿)?\s*<(\?xml|error>)/i),
    always: true,
  },
  {
    what: 'a PyTorch checkpoint (a Python pickle), which can run any program when it is opened and is never read',
    instead: weights,
    is: zipOf(/(^|\/)(data\.pkl|version|byteorder|\.format_version|\.storage_alignment|constants\.pkl)$/),
  },
  {
    what: 'a NumPy archive',
    instead: 'save it as .safetensors or as text',
    is: zipOf(/\.npy$/),
  },
  {
    what: 'a Keras model',
    instead: toOnnx,
    is: zipOf(/^(metadata\.json|config\.json|model\.weights\.h5)$/),
  },
  {
    what: 'an Office document',
    instead: 'save its table as CSV',
    is: zipOf(/^(\[Content_Types\]\.xml|_rels\/|mimetype)/),
  },
  { what: 'a ZIP archive', instead: unpack, is: begins('PK\u0003\u0004', 'PK\u0005\u0006') },
  {
    what: 'a compressed archive',
    instead: unpack,
    is: (seen) =>
      begins(
        '\x1f\x8b\x08',
        '7z\xbc\xaf\x27\x1c',
        'Rar!\x1a\x07',
        '\xfd7zXZ\0',
        'BZh91AY',
        '\x28\xb5\x2f\xfd',
      )(seen) || seen.text.startsWith('ustar', 257),
  },
  {
    what: 'a Python pickle, which can run any program when it is opened and is never read',
    instead: weights,
    is: ({ head }) => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5,
  },
  {
    what: 'a GGUF file, of quantised weights',
    instead: weights,
    is: begins('GGUF', 'ggml', 'lmgg', 'tjgg'),
  },
  { what: 'an HDF5 file, as Keras saves models', instead: toOnnx, is: begins('\x89HDF\r\n\x1a\n') },
  { what: 'a TensorFlow Lite model', instead: toOnnx, is: ({ text }) => text.startsWith('TFL3', 4) },
  { what: 'a NumPy array', instead: 'save it as .safetensors or as text', is: begins('\x93NUMPY') },
  {
    what: 'a Parquet table',
    instead: 'give it the extension .parquet to import it as a dataset, or save it as text',
    is: begins('PAR1'),
    readBy: ['parquet'],
  },
  { what: 'an SQLite database', instead: 'name the file that is meant', is: begins('SQLite format 3\0') },
  { what: 'a PDF', instead: 'name the file that is meant', is: begins('%PDF-') },
  {
    what: 'an image',
    instead: 'name the file that is meant',
    is: (seen) =>
      begins('\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF8')(seen) ||
      (seen.text.startsWith('RIFF') && seen.text.startsWith('WEBP', 8)),
    readBy: ['image'],
  },
  {
    what: 'the error message of a download, not the file itself',
    instead: `${again}, signed in where the site wants it`,
    is: isErrorAnswer,
    always: true,
  },
  {
    what: 'JSON text',
    instead: 'name the model itself: the folder that it describes, or its weights',
    is: isJson,
    readBy: ['json', 'text'],
  },
  {
    what: 'a Python pickle by its name, which can run any program when it is opened and is never read',
    instead: weights,
    is: called(pickleNames),
    readBy: ['text', 'json'],
  },
  {
    what: 'a TensorFlow graph',
    instead: toOnnx,
    is: called(/\.pb$/),
    readBy: ['text', 'json'],
  },
  {
    what: "Flax's weights",
    instead: weights,
    is: called(/\.msgpack$/),
    readBy: ['text', 'json'],
  },
  {
    what: 'a text that reads like the error message of a download',
    instead: `${again}, signed in where the site wants it`,
    is: ({ head, text }) => head.length < HEAD_BYTES && isText(head) && errorLine.test(text),
    readBy: ['text'],
  },
  {
    what: 'a text file',
    instead: 'name the file that is meant, or download it again',
    is: ({ head }) => isText(head),
    readBy: ['text', 'json'],
  },
];

/** What a file is; null: nothing that is known. @param head its first HEAD_BYTES, or all of it. */
export function formOf(head: Uint8Array, name: string): Form | null {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD_BYTES)).toString(
    'latin1',
  );
  const seen: Seen = { head, text, name: name.split(/[/\\]/).pop()!.toLowerCase() };
  return forms.find((form) => form.is(seen)) ?? null;
}

/** Why it is not what its reader wanted, in a sentence without its name; null: as far as can be seen it is. */
export function whyNot(wanted: Wanted, head: Uint8Array, name: string): string | null {
  const form = formOf(head, name);
  return form === null || form.readBy?.includes(wanted) ? null : sentence(form);
}

export const sentence = ({ what, instead }: Pick<Form, 'what' | 'instead'>): string => `${what}; ${instead}`;

interface FolderForm extends Pick<Form, 'what' | 'instead'> {
  /** Whether one of the folder's files is called like this. */
  has: RegExp;
}

/** Folders of models of other programs, for those in which no model of ours was found. */
export const folderForms: readonly FolderForm[] = [
  {
    what: 'an unfinished download',
    instead: 'let it end, or download it again',
    has: unfinished,
  },
  { what: 'an OpenVINO model', instead: toOnnx, has: /^openvino_.*\.xml$/ },
  { what: 'a TensorFlow SavedModel', instead: toOnnx, has: /^saved_model\.pb(txt)?$/ },
  {
    what: 'a model saved by PyTorch (a Python pickle), which can run any program when it is opened and is never read',
    instead: weights,
    has: /\.(bin|pt|pth|ckpt)$/,
  },
  { what: 'a Keras model', instead: toOnnx, has: /\.(h5|keras)$|^keras_metadata\.pb$/ },
  { what: "a model with Flax's weights", instead: weights, has: /\.msgpack$/ },
  { what: 'a model of GGUF files', instead: weights, has: /\.gguf$/ },
  { what: 'a TensorFlow Lite model', instead: toOnnx, has: /\.tflite$/ },
  { what: 'a Core ML package', instead: toOnnx, has: /\.ml(model|package)$|^coremldata\.bin$/ },
];

/** What a folder is, by the names in it; null: nothing that is known. */
export const folderForm = (names: readonly string[]): FolderForm | null =>
  folderForms.find(({ has }) => names.some((name) => has.test(name.toLowerCase()))) ?? null;
