/** Owns: a lock that many may share or one may have alone, in order of arrival. Not reentrant. */
export class SharedLock {
  #sharing = 0;
  #alone = false;
  readonly #queue: { exclusive: boolean; start: () => void }[] = [];

  shared<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(false, work);
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(true, work);
  }

  async #enter<T>(exclusive: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#queue.push({ exclusive, start });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      if (exclusive) this.#alone = false;
      else this.#sharing -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#queue.length > 0 && !this.#alone) {
      const { exclusive, start } = this.#queue[0];
      if (exclusive && this.#sharing > 0) return;
      this.#queue.shift();
      if (exclusive) this.#alone = true;
      else this.#sharing += 1;
      start();
    }
  }
}
