import type { Bytes } from "../../crypto/bytes.ts";
import type { ClientSession } from "../../protocol/client_session.ts";
import type { Access, AccountKeys } from "../access.ts";
import type { ServerAddress } from "../address.ts";
import type { ConfigStore } from "../config_store.ts";
import type { KeyLog } from "../key_log/key_log.ts";
import type { SessionEvents } from "../session_events.ts";
import type { Ask, StateStore } from "../state_store.ts";

/** What can be asked of a session. */
type Requester = Pick<ClientSession, "request">;

/** An account that is logged in, as those see it who change what opens it. */
export interface CaredAccount {
  /** Lower case. */
  readonly user: string;
  /** 32 bytes. */
  readonly realm: Bytes;
  readonly address: ServerAddress;
  readonly config: ConfigStore;
  readonly keys: AccountKeys;
  /** Of the user's signing key, 32 bytes. */
  readonly fingerprint: Bytes;
  readonly state: StateStore;
  readonly events: SessionEvents;
  /** This device's copy of the key log. */
  readonly log: Pick<KeyLog, "alarms" | "entries" | "sync" | "head">;
  readonly request: Ask;

  /** Whether this is the password that logs in. */
  isPassword(password: string): boolean;

  /**
   * Does some work with a session and with what its login has opened; once more, from the
   * beginning, on a new connection when this one is lost.
   */
  withAccess<T>(work: (session: Requester, access: Access) => Promise<T>): Promise<T>;

  /** Logs in anew, and so learns what opens the account now. */
  reopen(): Promise<void>;

  /** Another password may count from now on: one or the other opens the next connection. */
  alsoTry(password: string): void;

  /** What the server has taken is what opens the account from now on. */
  adopt(access: Access): void;
}
