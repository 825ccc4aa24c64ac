/** Owns putting a file's name before what is wrong in it. */

/** @throws what `read` throws, with the file named. */
export function withinFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
