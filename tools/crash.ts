/**
 * `deno task crash [--rounds N] [--seed N]`: kills the server (SIGKILL) at random moments while
 * three clients send, starts it again, and compares what is there with what was promised:
 *
 * - every mail that was acknowledged is in each recipient's mailbox exactly once, byte for byte;
 * - every other mail is in all of its recipients' mailboxes once, or in none;
 * - `mailsec verify` finds nothing wrong with the store;
 * - a mail whose acknowledgement was lost can be sent again, and is then there once.
 */
import { parseArgs } from "@std/cli/parse-args";
import type { OpenedSession } from "../client/session.ts";
import { toHex } from "../crypto/bytes.ts";
import { fingerprintOf } from "../crypto/fingerprint.ts";
import { content as contentRequest } from "../protocol/messages/content.ts";
import { Office } from "./office.ts";
import { deliverRaw, listAll, noiseMail, openRawSession, type RawMail } from "./raw_session.ts";

const USERS = ["alice", "bob", "carol"];
const IN_FLIGHT = 8;
/** The server is killed after this many milliseconds of sending, at the earliest and the latest. */
const KILL_AFTER_MS = [5, 350] as const;

/** What became of a mail: whole in all its mailboxes, nowhere, or something that must not be. */
export type Fate = { outcome: "stored" | "lost" } | { outcome: "wrong"; problem: string };

/**
 * Judges a mail by how many copies each user's mailbox holds after the kill.
 *
 * @param found User names and numbers of copies; users without any are left out.
 */
export function judge(
  mail: { recipients: string[]; acknowledged: boolean },
  found: ReadonlyMap<string, number>,
): Fate {
  const whole = found.size === mail.recipients.length &&
    mail.recipients.every((user) => found.get(user) === 1);
  if (whole) return { outcome: "stored" };
  if (found.size === 0 && !mail.acknowledged) return { outcome: "lost" };
  const users = new Set([...mail.recipients, ...found.keys()]);
  const copies = [...users].map((user) => `${user}: ${found.get(user) ?? 0}`).join(", ");
  const promise = mail.acknowledged ? "acknowledged" : "not acknowledged";
  return { outcome: "wrong", problem: `${promise}, and its copies are ${copies}` };
}

/** A mail that was handed to the server at least once. */
interface Tried {
  mail: RawMail;
  recipients: string[];
  acknowledged: boolean;
}

export interface CrashReport {
  rounds: number;
  acknowledged: number;
  /** Mails that were under way at a kill: stored, and not stored. */
  unansweredStored: number;
  unansweredLost: number;
  problems: string[];
}

/** Random numbers from a seed (mulberry32), so that a run that failed can be run again. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class CrashTest {
  readonly #office: Office;
  readonly #random: () => number;
  readonly #tried = new Map<string, Tried>();
  readonly report: CrashReport = {
    ...{ rounds: 0, acknowledged: 0, unansweredStored: 0, unansweredLost: 0, problems: [] },
  };

  constructor(office: Office, seed: number) {
    this.#office = office;
    this.#random = seededRandom(seed);
  }

  /** Sends, kills, verifies the stopped store. The server must be up; it is down afterwards. */
  async sendUntilKilled(sessions: OpenedSession[]): Promise<void> {
    let killed = false;
    const senders = sessions.flatMap((session, i) =>
      Array.from({ length: IN_FLIGHT }, async () => {
        while (!killed) await this.#sendOne(session, USERS[i]!);
      })
    );
    const [least, most] = KILL_AFTER_MS;
    await new Promise((resolve) => setTimeout(resolve, least + this.#random() * (most - least)));
    killed = true;
    await this.#office.stopServer("SIGKILL");
    await Promise.all(senders);
    await Promise.allSettled(sessions.map((session) => session.close()));
    const { code, stdout, stderr } = await this.#office.run(["verify", this.#office.data]);
    if (code !== 0) this.#problem(`verify: ${stdout}${stderr}`);
    this.report.rounds++;
  }

  async #sendOne({ session, access: { keys } }: OpenedSession, from: string): Promise<void> {
    const others = USERS.filter((user) => user !== from && this.#random() < 0.6);
    const recipients = [from, ...others];
    // One in twenty is too large for one piece and travels in chunks.
    const size = this.#random() < 0.05 ? 300_000 : Math.floor(1024 + this.#random() * 4096);
    const sender = { user: from, fingerprint: fingerprintOf(keys.signer.publicKey) };
    const mail = noiseMail(sender, recipients, size);
    const tried: Tried = { mail, recipients, acknowledged: false };
    this.#tried.set(toHex(mail.messageId), tried);
    await deliverRaw(session, mail).then(() => tried.acknowledged = true, () => {});
  }

  /** Compares the mailboxes with what was promised; settles what was unanswered by sending it again. */
  async check(sessions: OpenedSession[]): Promise<void> {
    const boxes = await Promise.all(sessions.map(({ session }) => listAll(session)));
    const found = new Map<string, Map<string, number>>();
    for (const [i, entries] of boxes.entries()) {
      for (const { messageId } of entries) {
        const id = toHex(messageId);
        const users = found.get(id) ?? new Map<string, number>();
        users.set(USERS[i]!, (users.get(USERS[i]!) ?? 0) + 1);
        found.set(id, users);
      }
    }
    for (const id of found.keys()) {
      if (!this.#tried.has(id)) this.#problem(`mail ${id} was never sent`);
    }
    for (const [id, tried] of this.#tried) this.#compare(id, tried, found.get(id) ?? new Map());
    await this.#checkContents(sessions, boxes.map((entries) => entries.slice(0, 20)));
    await this.#sendUnansweredAgain(sessions);
  }

  #compare(id: string, tried: Tried, found: ReadonlyMap<string, number>): void {
    const fate = judge(tried, found);
    if (fate.outcome === "wrong") this.#problem(`mail ${id}: ${fate.problem}`);
    else if (tried.acknowledged) return;
    else if (fate.outcome === "stored") this.report.unansweredStored++;
    else this.report.unansweredLost++;
  }

  async #checkContents(
    sessions: OpenedSession[],
    boxes: { messageId: RawMail["messageId"] }[][],
  ): Promise<void> {
    for (const [i, entries] of boxes.entries()) {
      await Promise.all(entries.map(async ({ messageId }) => {
        const sent = this.#tried.get(toHex(messageId))?.mail.content ?? new Uint8Array();
        const length = Math.min(sent.length, 128 * 1024);
        const range = { messageId, offset: sent.length - length, length };
        const { data, total } = await sessions[i]!.session.request(contentRequest, range);
        const same = total === sent.length && toHex(data) === toHex(sent.subarray(range.offset));
        if (!same) this.#problem(`the content of mail ${toHex(messageId)} has changed`);
      }));
    }
  }

  /** Each user's mails one after another: a user may have only a few uploads under way at once. */
  async #sendUnansweredAgain(sessions: OpenedSession[]): Promise<void> {
    const unanswered = [...this.#tried.values()].filter(({ acknowledged }) => !acknowledged);
    await Promise.all(sessions.map(async ({ session }, i) => {
      for (const tried of unanswered.filter(({ recipients }) => recipients[0] === USERS[i])) {
        await deliverRaw(session, tried.mail);
        tried.acknowledged = true;
      }
    }));
    this.report.acknowledged = this.#tried.size;
  }

  #problem(text: string): void {
    this.report.problems.push(`round ${this.report.rounds}: ${text}`);
  }
}

/** Runs the rounds in an office of its own; `onRound` hears of each when it has been checked. */
export async function crashTest(
  options: { rounds: number; seed: number; onRound?: (report: CrashReport) => void },
): Promise<CrashReport> {
  const office = await Office.open();
  try {
    await Promise.all(USERS.map((user) => office.join(user)));
    const test = new CrashTest(office, options.seed);
    const login = () =>
      Promise.all(USERS.map((user) =>
        openRawSession({
          ...{ server: office.address, user },
          ...{ password: office.password(user), config: office.configFolder(user) },
        })
      ));
    let sessions = await login();
    for (let round = 0; round < options.rounds; round++) {
      await test.sendUntilKilled(sessions);
      await office.startServer();
      sessions = await login();
      await test.check(sessions);
      options.onRound?.(test.report);
    }
    await Promise.all(sessions.map((session) => session.close()));
    return test.report;
  } catch (error) {
    const log = office.server?.written.stderr ?? "";
    throw new Error(`the crash test broke off; the server's log:\n${log}`, { cause: error });
  } finally {
    await office.close();
  }
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["rounds", "seed"], default: { rounds: "20" } });
  const seed = args.seed === undefined ? Date.now() % 1_000_000 : Number(args.seed);
  console.log(`crash test: ${args.rounds} rounds, seed ${seed}`);
  const report = await crashTest({
    rounds: Number(args.rounds),
    seed,
    onRound: ({ rounds, acknowledged, problems }) =>
      console.log(`round ${rounds}: ${acknowledged} mails so far, ${problems.length} problems`),
  });
  for (const problem of report.problems) console.error(problem);
  console.log(JSON.stringify({ ...report, problems: report.problems.length }));
  if (report.problems.length > 0) Deno.exit(1);
}
