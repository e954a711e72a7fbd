/** A client and a server session joined in memory, with somebody on the line between them. */
import type { Bytes } from "../../crypto/bytes.ts";
import type { Clock } from "../../crypto/tick.ts";
import { ClientLink } from "../../protocol/client_link.ts";
import { ServerSession } from "../../protocol/server_session.ts";
import type { CloseReason } from "../../protocol/server_session.ts";
import { FakeVault } from "./fake_vault.ts";

/** Time that only passes when somebody sleeps. */
export function testClock(): Clock {
  let ms = 1_700_000_000_000;
  return {
    now: () => ms,
    sleep(duration) {
      ms += duration;
      return Promise.resolve();
    },
  };
}

/** A list that grows while a test waits for it to. */
export class Growing<T> {
  readonly items: T[] = [];
  #grown = Promise.withResolvers<void>();

  push(...items: T[]): void {
    this.items.push(...items);
    this.#grown.resolve();
    this.#grown = Promise.withResolvers<void>();
  }

  /** Resolves when there are `count` of them; gives them all. */
  async has(count: number): Promise<T[]> {
    while (this.items.length < count) await this.#grown.promise;
    return this.items;
  }
}

/**
 * Gives whatever needs no timer a chance to go on, before a test says that nothing went on. It is
 * never what a test waits for.
 */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await crypto.subtle.digest("SHA-256", new Uint8Array(1));
}

export const LIMITS = {
  maxBodyBytes: 1_000_000,
  maxMessageBytes: 32 * 1024 * 1024,
  maxRecipients: 200,
  idleSeconds: 900,
};

/** What becomes of the `n`th write in one direction (from 0); null: the connection is cut there. */
export type OnTheLine = (n: number, bytes: Bytes) => Bytes | null;

export interface LinkPair {
  client: ClientLink;
  server: ServerSession;
  vault: FakeVault;
  /** Everything each end has written, write by write. */
  fromClient: Bytes[];
  fromServer: Bytes[];
  opened: string[];
  problems: unknown[];
  /** Resolves with the reason once the server's end has closed; then the client's end has too. */
  closed: Promise<CloseReason>;
}

export function linkPair(
  options: { vault?: FakeVault; toServer?: OnTheLine; toClient?: OnTheLine } = {},
): LinkPair {
  const { vault = new FakeVault(), toServer, toClient } = options;
  const clock = testClock();
  const closed = Promise.withResolvers<CloseReason>();
  const fromClient: Bytes[] = [];
  const fromServer: Bytes[] = [];
  const opened: string[] = [];
  const problems: unknown[] = [];
  const server = new ServerSession({
    vault,
    now: () => clock.now(),
    limits: LIMITS,
    onBytes(bytes) {
      const arriving = toClient ? toClient(fromServer.length, bytes) : bytes;
      fromServer.push(bytes);
      if (arriving === null) client.end();
      else void client.push(arriving);
    },
    onOpen: (user) => void opened.push(user),
    onProblem: (cause) => void problems.push(cause),
    onClose(reason) {
      client.end();
      closed.resolve(reason);
    },
  });
  const client = new ClientLink({
    clock,
    write(bytes) {
      const arriving = toServer ? toServer(fromClient.length, bytes) : bytes;
      fromClient.push(bytes);
      if (arriving === null) server.end();
      else void server.push(arriving);
    },
  });
  return {
    client,
    server,
    vault,
    fromClient,
    fromServer,
    opened,
    problems,
    closed: closed.promise,
  };
}
