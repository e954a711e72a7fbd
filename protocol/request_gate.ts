/**
 * How much of one session's work may be under way at once. The reader waits at the gate, and
 * while it waits nothing more is taken from the connection.
 */
export class RequestGate {
  readonly #maxRequests: number;
  readonly #maxBytes: number;
  #requests = 0;
  #bytes = 0;
  #opened = false;
  #changed = Promise.withResolvers<void>();

  constructor(limits: { requests: number; bytes: number }) {
    this.#maxRequests = limits.requests;
    this.#maxBytes = limits.bytes;
  }

  /** Whether one more request may come in. A single one of any size always may. */
  get hasRoom(): boolean {
    return this.#opened || (this.#requests < this.#maxRequests && this.#bytes < this.#maxBytes);
  }

  enter(bytes: number): void {
    this.#requests++;
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#requests--;
    this.#bytes -= bytes;
    this.#announce();
  }

  /** Lets everybody through from now on: what is under way no longer matters. */
  open(): void {
    this.#opened = true;
    this.#announce();
  }

  /** Resolves when there is room for one more. */
  async room(): Promise<void> {
    while (!this.hasRoom) await this.#changed.promise;
  }

  /** Resolves when nothing is under way, or the gate is open. */
  async empty(): Promise<void> {
    while (this.#requests > 0 && !this.#opened) await this.#changed.promise;
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
