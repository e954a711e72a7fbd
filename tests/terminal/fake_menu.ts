/** A menu without a server: a mailbox that does what it is told, and prepared answers. */

import type { ConnectionState } from "../../client/live/live_mailbox.ts";
import type { ActionResult, Which } from "../../client/mail_actions.ts";
import { folderId } from "../../client/folder_names.ts";
import type {
  ListOptions,
  Mail,
  MailDraft,
  MailListItem,
  OutgoingMail,
  SealedOutgoing,
} from "../../client/mailbox_types.ts";
import type { AccountCare, DeviceInfo, Invitation } from "../../client/account_care.ts";
import type { CheckedRecipient, ContactInfo } from "../../client/contact_types.ts";
import type { Evidence, KeyLogView, LogLine } from "../../client/key_log/types.ts";
import { NotFoundError, RecipientsError } from "../../client/errors.ts";
import type { MenuMailbox, MenuWorld } from "../../client/terminal/menu/menu_world.ts";
import { runMenu } from "../../client/terminal/menu/menu.ts";
import { formatRecoveryCode } from "../../crypto/recovery_code.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { contactWith, FINGERPRINT, OTHER_FINGERPRINT } from "./people.ts";
import type { AskOptions, LineVerdict, Prompter } from "../../client/terminal/prompter.ts";
import { styleFor } from "../../cli/style.ts";

const KNOWN = ["alice", "bob", "eve"];

/** Of the fake recovery code: what `formatRecoveryCode` makes of twenty zeros. */
export const RECOVERY_CODE = formatRecoveryCode(new Uint8Array(20));

export class FakeMailbox implements MenuMailbox {
  readonly me = "alice";
  readonly limits = { maxBodyBytes: 100, maxMessageBytes: 1000, maxRecipients: 10 };
  readonly sent: OutgoingMail[] = [];
  readonly delivered: SealedOutgoing[] = [];
  inbox: MailListItem[] = [];
  /** What can be opened. */
  opened: Mail[] = [];
  /** Thrown by the next calls that send, one each. */
  sendErrors: Error[] = [];
  people: ContactInfo[] = [
    contactWith("alice", { isMe: true, state: "verified" }),
    contactWith("bob", { state: "verified" }),
    contactWith("eve", { state: "verified" }),
  ];
  /** What was done to contacts and to the account, in order. */
  readonly done: unknown[] = [];
  logEntries: LogLine[] = [];
  findings: Evidence[] = [];
  noticed: string[] = [];
  devices: DeviceInfo[] = [];
  /** Thrown by the next calls of `care`, one each. */
  careErrors: Error[] = [];
  /** Drafts on the server. */
  drafts: MailDraft[] = [];
  /** Thrown by the next calls that save a draft, one each. */
  saveErrors: Error[] = [];
  /** What lists were asked for. */
  readonly listed: ListOptions[] = [];
  /** The user's own folders, by id. */
  ownFolders = new Map<string, string>();

  readonly mails: MenuMailbox["mails"] = {
    mark: (which, change) => this.#acted("mark", which, change),
    move: (which, folder) => this.#acted("move", which, folder),
    copy: (which, folder) => this.#acted("copy", which, folder),
    trash: (which) => this.#acted("trash", which),
    restore: (which) => this.#acted("restore", which),
    erase: async (which) => (await this.#acted("erase", which)).count,
  };

  #acted(what: string, which: Which, detail?: unknown): Promise<ActionResult> {
    this.done.push(detail === undefined ? [what, which] : [what, which, detail]);
    const count = this.counts.shift() ?? 1;
    const undo = () => {
      this.done.push(["undo", what]);
      return Promise.resolve(count);
    };
    return Promise.resolve({ count, undo });
  }

  /** How many mails the next actions change; 1 unless told. */
  counts: number[] = [];

  readonly folders: MenuMailbox["folders"] = {
    list: () =>
      Promise.resolve(
        this.folders.names().map((name) => ({
          ...{ id: this.folders.resolve(name), name, builtIn: !this.#own(name) },
          ...{ total: name === "inbox" ? 3 : 0, unread: name === "inbox" ? 1 : 0 },
        })),
      ),
    names: () => ["inbox", "sent", "drafts", "archive", "trash", ...this.ownFolders.values()],
    resolve: (name) => {
      const id = folderId({ folders: this.ownFolders }, name);
      if (id === null) throw new NotFoundError(`There is no folder "${name}".`);
      return id;
    },
    add: (name) => {
      const id = `f${this.ownFolders.size}`;
      this.ownFolders.set(id, name);
      return Promise.resolve({ id, name, builtIn: false, total: 0, unread: 0 });
    },
    rename: (name, next) => {
      this.ownFolders.set(this.folders.resolve(name), next);
      return Promise.resolve();
    },
    remove: (name) => {
      this.ownFolders.delete(this.folders.resolve(name));
      return Promise.resolve(2);
    },
  };

  #own(name: string): boolean {
    return [...this.ownFolders.values()].includes(name);
  }

  readonly compose: MenuMailbox["compose"] = {
    reply: async (which, { all = false } = {}) => {
      const mail = await this.read(which);
      return {
        ...{ to: [mail.from], cc: all ? ["eve"] : [], bcc: [], title: `Re: ${mail.title}` },
        ...{ body: "bob wrote:\n> hi\n\n", attachments: [], inReplyTo: mail.id },
        ...{ forwards: null, id: null },
      };
    },
    forward: async (which) => {
      const mail = await this.read(which);
      return {
        ...{ to: [], cc: [], bcc: [], title: `Fwd: ${mail.title}`, body: "\n-- Forwarded --\nhi" },
        ...{ attachments: [], inReplyTo: null, forwards: mail.id, id: null },
      };
    },
    open: (which) => {
      const draft = this.drafts.find(({ id }) => id === which);
      return draft ? Promise.resolve(draft) : Promise.reject(new NotFoundError("No draft."));
    },
    save: (draft) => {
      const error = this.saveErrors.shift();
      if (error !== undefined) return Promise.reject(error);
      this.drafts = this.drafts.filter(({ id }) => id !== draft.id);
      this.#draftNumber += 1;
      const saved = { ...draft, id: `d${this.#draftNumber}`.padEnd(32, "0") };
      this.drafts.push(saved);
      return Promise.resolve(saved);
    },
    remove: (id) => {
      this.drafts = this.drafts.filter((draft) => draft.id !== id);
      return Promise.resolve();
    },
  };

  #draftNumber = 0;

  readonly search: MenuMailbox["search"] = {
    index: () => {
      this.done.push(["index"]);
      return Promise.resolve({ covered: 2, total: 3, unreadable: 0 });
    },
  };

  newMail: (item: MailListItem) => void = () => {};
  connection: (state: ConnectionState) => void = () => {};

  readonly live: MenuMailbox["live"] = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    retryNow: () => this.connection({ state: "connected" }),
    onNewMail: (callback) => {
      this.newMail = callback;
      return () => this.newMail = () => {};
    },
    onConnection: (callback) => {
      this.connection = callback;
      return () => this.connection = () => {};
    },
  };

  readonly keyLog: KeyLogView = {
    head: () => ({ size: this.logEntries.length, root: "cd".repeat(32), note: "" }),
    entries: (user) =>
      Promise.resolve(this.logEntries.filter((entry) => user === undefined || entry.user === user)),
    verify: () => {
      const [finding] = this.findings;
      if (finding !== undefined) {
        return Promise.reject(new TrustError(finding.code, finding.message));
      }
      return Promise.resolve({ ...this.keyLog.head(), users: 2, ownSeq: 0 });
    },
    export: () => Promise.resolve("{}\n"),
    evidence: () => Promise.resolve(this.findings),
    alarm: () => this.findings.find(({ dismissed }) => dismissed === null) ?? null,
    dismissEvidence: (id) => {
      this.done.push(["dismiss", id]);
      const dismissed = "2026-11-24T10:00:00.000Z";
      this.findings = this.findings.map((found) =>
        found.id === id ? { ...found, dismissed } : found
      );
      return Promise.resolve();
    },
  };

  readonly care: AccountCare = {
    notices: () => this.noticed,
    vouchForInvited: () => Promise.resolve(),
    changePassword: (change) => this.#careDid(["password", change.current, change.next]),
    renewRecoveryCode: async (keep) => {
      await keep(RECOVERY_CODE);
      await this.#careDid(["recovery"]);
    },
    rotateKeys: async () => {
      await this.#careDid(["rotate"]);
      return { before: FINGERPRINT, now: OTHER_FINGERPRINT, epoch: 2 };
    },
    devices: () => Promise.resolve({ hardened: this.devices.length > 0, devices: this.devices }),
    addDevice: async ({ onCode }) => {
      await onCode({ code: "0000-1111", expires: "2026-11-23T19:27:05.000Z" });
      await this.#careDid(["add"]);
      return this.#enrol("laptop");
    },
    removeDevice: async (device) => {
      await this.#careDid(["remove", device]);
      const found = this.devices.find(({ number }) => number === device);
      if (found === undefined) throw new NotFoundError("No such device.");
      this.devices = this.devices.filter((other) => other !== found);
      return found;
    },
    harden: async (name) => {
      await this.#careDid(["harden", name]);
      return this.#enrol(name);
    },
    relax: async () => {
      await this.#careDid(["relax"]);
      this.devices = [];
    },
    inviteUser: async (invitation: Invitation) => {
      await this.#careDid(["invite", invitation]);
      return {
        user: invitation.user.toLowerCase(),
        invite: `mailsec://${invitation.user}@localhost:12049/${"0".repeat(133)}`,
        expires: "2026-11-26T19:17:05.000Z",
      };
    },
  };

  #careDid(what: unknown): Promise<void> {
    const error = this.careErrors.shift();
    if (error !== undefined) return Promise.reject(error);
    this.done.push(what);
    return Promise.resolve();
  }

  #enrol(name: string): DeviceInfo {
    const number = this.devices.length + 1;
    const device = { number, name, added: "2026-11-23T19:17:05.000Z", isThis: number === 1 };
    this.devices = [...this.devices, device];
    return device;
  }

  contacts(): Promise<ContactInfo[]> {
    return Promise.resolve(this.people);
  }

  contact(name: string): Promise<ContactInfo> {
    const found = this.people.find(({ user }) => user === name);
    return found ? Promise.resolve(found) : Promise.reject(new NotFoundError(`No user ${name}.`));
  }

  verifyContact(name: string, fingerprint: string): Promise<ContactInfo> {
    const contact = this.people.find(({ user }) => user === name)!;
    if (contact.fingerprint !== fingerprint) {
      const message = "These are not the same fingerprints.";
      return Promise.reject(
        new TrustError("fingerprint_mismatch", message, { hint: "Send nothing." }),
      );
    }
    this.done.push(["verify", name]);
    return this.#withState(name, "verified");
  }

  acceptContact(name: string, fingerprint: string): Promise<ContactInfo> {
    this.done.push(["accept", name, fingerprint]);
    return this.#withState(name, "unverified");
  }

  #withState(name: string, state: ContactInfo["state"]): Promise<ContactInfo> {
    this.people = this.people.map((contact) =>
      contact.user === name ? { ...contact, state } : contact
    );
    return this.contact(name);
  }

  checkRecipients(names: readonly string[]): Promise<CheckedRecipient[]> {
    const wrong = names.filter((name) => !KNOWN.includes(name.toLowerCase()));
    if (wrong.length > 0) {
      const message = `Unknown: ${wrong.join(", ")}.`;
      return Promise.reject(new RecipientsError("unknown_recipients", message, wrong));
    }
    if (names.length === 0) {
      return Promise.reject(new RecipientsError("no_recipients", "No recipient.", []));
    }
    return Promise.resolve(
      names.map((name) => {
        const user = name.toLowerCase();
        const contact = this.people.find((person) => person.user === user);
        return { user, state: contact?.state ?? "unverified" };
      }),
    );
  }

  send(mail: OutgoingMail) {
    const error = this.sendErrors.shift();
    if (error !== undefined) return Promise.reject(error);
    this.sent.push(mail);
    this.drafts = this.drafts.filter(({ id }) => id !== mail.draft);
    return Promise.resolve({
      id: "ab".repeat(16),
      ...{ to: [...mail.to], cc: [...mail.cc ?? []], bcc: [...mail.bcc ?? []] },
      size: mail.body.length,
      date: "",
    });
  }

  deliver(sealed: SealedOutgoing) {
    const error = this.sendErrors.shift();
    if (error !== undefined) return Promise.reject(error);
    this.delivered.push(sealed);
    const { to, size, date } = sealed;
    return Promise.resolve({ id: "ab".repeat(16), to, cc: [], bcc: [], size, date });
  }

  list(options: ListOptions = {}): Promise<MailListItem[]> {
    const { query = "", limit = Infinity, offset = 0 } = options;
    this.listed.push(options);
    if (query === "in:drafts") {
      return Promise.resolve(
        this.drafts.map(({ id, to, title }, at) =>
          listItem(at + 100, { id: id!, to: [...to], title, kind: "draft" })
        ),
      );
    }
    return Promise.resolve(this.inbox.slice(offset, offset + limit));
  }

  read(which: number | string): Promise<Mail> {
    const mail = this.opened.find(({ index, id }) => index === which || id === which);
    return mail ? Promise.resolve(mail) : Promise.reject(new NotFoundError(`No mail ${which}.`));
  }
}

/** An answer, or something that happens while the question waits and then an answer. */
export type Answer = string | null | (() => string | null);

export interface MenuRun {
  readonly mailbox: FakeMailbox;
  /** Questions with what stood in the line already: `To: |bob`. */
  readonly questions: string[];
  /** What went to standard output. */
  readonly out: string;
  /** What went to standard error, and notices. */
  readonly err: string;
  /** Answers that nobody asked for. */
  readonly unused: number;
}

/** Runs the menu with prepared answers; after the last one the input has ended. */
export async function menuWith(
  answers: readonly Answer[],
  options: {
    mailbox?: FakeMailbox;
    interactive?: boolean;
    env?: Record<string, string>;
    edit?: (path: string) => Promise<number>;
  } = {},
): Promise<MenuRun> {
  const mailbox = options.mailbox ?? new FakeMailbox();
  const run = { mailbox, questions: [] as string[], out: "", err: "", unused: 0 };
  const queue = [...answers];
  const next = () => {
    const answer = queue.shift() ?? null;
    return typeof answer === "function" ? answer() : answer;
  };
  const prompter: Prompter = {
    interactive: options.interactive ?? true,
    ask(question: string, { initial = "" }: AskOptions = {}) {
      run.questions.push(initial === "" ? question.trim() : `${question.trim()}|${initial}`);
      return Promise.resolve(next());
    },
    askLines(take: (line: string) => LineVerdict) {
      while (true) {
        const line = next();
        if (line === null) return Promise.resolve(false);
        const verdict = take(line);
        if (verdict === "last") return Promise.resolve(true);
        if (verdict !== "more") run.err += `${verdict.refused}\n`;
      }
    },
    notify(text: string, { bell = false }: { bell?: boolean } = {}) {
      run.err += `${bell ? "\x07" : ""}${text}\n`;
    },
  };
  const menu: MenuWorld = {
    mailbox,
    server: "localhost:12049",
    prompter,
    ...{ unsaved: [], last: { undo: null } },
    ...(options.edit === undefined ? {} : { edit: options.edit }),
    style: styleFor(false),
    coloured: false,
    show: (text) => {
      run.out += text;
      return Promise.resolve();
    },
    world: {
      stderr: (text) => {
        run.err += text;
        return Promise.resolve();
      },
      stderrIsTerminal: false,
      columns: 80,
      env: (name) => options.env?.[name],
    },
  };
  await runMenu(menu);
  return { ...run, unused: queue.length };
}

/** A mail in the inbox. */
export function listItem(index: number, fields: Partial<MailListItem> = {}): MailListItem {
  return {
    index,
    id: index.toString(16).padStart(32, "0"),
    from: "bob",
    to: ["alice"],
    date: "2026-11-23T19:17:05.000Z",
    ...{ flags: [], folder: "inbox", folderName: "inbox", also: [], cc: [], attachments: 0 },
    ...{ kind: "mail", thread: index.toString(16).padStart(32, "0"), preview: "" },
    title: `Title ${index}`,
    size: 12,
    unread: false,
    contact: "verified",
    warnings: [],
    ...fields,
  };
}

/** A mail to display. */
export function mailWith(index: number, fields: Partial<Mail> = {}): Mail {
  return {
    ...listItem(index),
    ...{ cc: [], bcc: [], inReplyTo: null, fromHtml: false },
    body: { kind: "text", text: "The body" },
    attachments: [],
    ...fields,
  };
}
