/** A menu without a server: a mailbox that does what it is told, and prepared answers. */

import type {
  Mail,
  MailListItem,
  OutgoingMail,
  SealedOutgoing,
} from "../../client/mailbox_types.ts";
import { NotFoundError, RecipientsError } from "../../client/errors.ts";
import type { MenuMailbox, MenuWorld } from "../../client/terminal/menu/menu_world.ts";
import { runMenu } from "../../client/terminal/menu/menu.ts";
import type { AskOptions, LineVerdict, Prompter } from "../../client/terminal/prompter.ts";
import { styleFor } from "../../cli/style.ts";

const KNOWN = ["alice", "bob", "eve"];

export class FakeMailbox implements MenuMailbox {
  readonly me = "alice";
  readonly limits = { maxBodyBytes: 100, maxMessageBytes: 1000, maxRecipients: 10 };
  readonly sent: OutgoingMail[] = [];
  readonly delivered: SealedOutgoing[] = [];
  inbox: MailListItem[] = [];
  mails: Mail[] = [];
  /** Thrown by the next calls that send, one each. */
  sendErrors: Error[] = [];
  newMail: (item: MailListItem) => void = () => {};
  closed: (reason: string) => void = () => {};

  checkRecipients(names: readonly string[]): Promise<string[]> {
    const wrong = names.filter((name) => !KNOWN.includes(name.toLowerCase()));
    if (wrong.length > 0) {
      const message = `Unknown: ${wrong.join(", ")}.`;
      return Promise.reject(new RecipientsError("unknown_recipients", message, wrong));
    }
    if (names.length === 0) {
      return Promise.reject(new RecipientsError("no_recipients", "No recipient.", []));
    }
    return Promise.resolve(names.map((name) => name.toLowerCase()));
  }

  send(mail: OutgoingMail) {
    const error = this.sendErrors.shift();
    if (error !== undefined) return Promise.reject(error);
    this.sent.push(mail);
    return Promise.resolve({
      id: "ab".repeat(16),
      to: [...mail.to],
      size: mail.body.length,
      date: "",
    });
  }

  deliver(sealed: SealedOutgoing) {
    const error = this.sendErrors.shift();
    if (error !== undefined) return Promise.reject(error);
    this.delivered.push(sealed);
    const { to, size, date } = sealed;
    return Promise.resolve({ id: "ab".repeat(16), to, size, date });
  }

  list({ limit = Infinity }: { limit?: number } = {}): Promise<MailListItem[]> {
    return Promise.resolve(this.inbox.slice(0, limit));
  }

  read(which: number | string): Promise<Mail> {
    const mail = this.mails.find(({ index }) => index === which);
    return mail ? Promise.resolve(mail) : Promise.reject(new NotFoundError(`No mail ${which}.`));
  }

  onNewMail(callback: (item: MailListItem) => void) {
    this.newMail = callback;
    return () => this.newMail = () => {};
  }

  onClosed(callback: (reason: string) => void) {
    this.closed = callback;
    return () => this.closed = () => {};
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
  options: { mailbox?: FakeMailbox; interactive?: boolean; env?: Record<string, string> } = {},
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
    notify(text: string) {
      run.err += `${text}\n`;
    },
  };
  const menu: MenuWorld = {
    mailbox,
    server: "localhost:12049",
    prompter,
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
    title: `Title ${index}`,
    size: 12,
    unread: false,
    warnings: [],
    ...fields,
  };
}

/** A mail to display. */
export function mailWith(index: number, fields: Partial<Mail> = {}): Mail {
  return {
    ...listItem(index),
    cc: [],
    body: { kind: "text", text: "The body" },
    attachments: [],
    ...fields,
  };
}
