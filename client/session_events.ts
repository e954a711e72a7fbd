/** Who wants to know what a session reports on its own, across reconnections. */

import type { MailsecError } from "../crypto/errors.ts";
import type { ServerEvent } from "../protocol/messages/events.ts";

export class SessionEvents {
  readonly #eventListeners = new Set<(event: ServerEvent) => void>();
  readonly #closeListeners = new Set<(reason: string) => void>();

  /** For ClientSessionOptions. */
  readonly handlers = {
    onEvent: (event: ServerEvent) => this.#eventListeners.forEach((listener) => listener(event)),
    onClose: (error: MailsecError | null) => {
      if (error !== null) this.#closeListeners.forEach((listener) => listener(error.message));
    },
  };

  /** Tells of the server's events until the function returned is called. */
  onEvent(listener: (event: ServerEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /** Tells, in a public text, that a session has ended without having been asked to. */
  onClosed(listener: (reason: string) => void): () => void {
    this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  /** Nobody is told anything any more. */
  clear(): void {
    this.#eventListeners.clear();
    this.#closeListeners.clear();
  }
}
