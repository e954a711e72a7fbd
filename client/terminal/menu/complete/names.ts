/** Tab in names of people and of folders. */

import type { ContactInfo } from "../../../contact_types.ts";
import { beginningWith, type Candidate, type Completer } from "../../completion.ts";

/** What is separated by `;`, `,`, `:` (of `cc:`) and blanks is one name. */
const LAST_NAME = /[^;,:\s]*$/;

/**
 * Completes the last of several names. Who is named already, and who gets no mail, is not offered.
 *
 * @param contacts Looked up once, at the first Tab.
 */
export function nameCompleter(contacts: () => Promise<readonly ContactInfo[]>): Completer {
  const names = once(async () =>
    (await contacts()).filter(({ status }) => status === "active").map(({ user }) => user)
  );
  return async (before) => {
    const typed = LAST_NAME.exec(before)![0];
    const named = new Set(
      before.slice(0, before.length - typed.length).toLowerCase().split(/[;,:\s]+/),
    );
    const candidates = (await names()).filter((name) => !named.has(name)).map(candidate);
    return { replaces: typed.length, candidates: beginningWith(typed, candidates) };
  };
}

/** Completes the whole line as the name of one of the folders. */
export function folderCompleter(
  folders: () => Promise<readonly { readonly name: string }[]>,
): Completer {
  return async (before) => {
    const candidates = (await folders()).map(({ name }) => ({ text: name, end: "" }));
    return { replaces: before.length, candidates: beginningWith(before, candidates) };
  };
}

function candidate(text: string): Candidate {
  return { text, end: " " };
}

/** The answer of the first call that succeeds, for all later ones. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | null = null;
  return () => {
    known ??= work().catch((error) => {
      known = null;
      throw error;
    });
    return known;
  };
}
