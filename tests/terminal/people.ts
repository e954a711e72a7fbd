/** Contacts, log entries and findings for tests. */

import type { ContactInfo } from "../../client/contact_types.ts";
import type { Evidence, LogLine } from "../../client/key_log/types.ts";

export const FINGERPRINT = "0RH4-7M2K-Q3VD-81NZ-0RH4-7M2K-Q3VD-81NZ";
export const OTHER_FINGERPRINT = "ZZH4-7M2K-Q3VD-81NZ-0RH4-7M2K-Q3VD-81NZ";

export function contactWith(user: string, fields: Partial<ContactInfo> = {}): ContactInfo {
  return {
    user,
    status: "active",
    state: "unverified",
    fingerprint: FINGERPRINT,
    pinned: FINGERPRINT,
    vouchedBy: [],
    epoch: 1,
    since: "2026-11-23T19:17:05.000Z",
    role: "member",
    isMe: false,
    ...fields,
  };
}

export function logLine(seq: number, fields: Partial<LogLine> = {}): LogLine {
  return {
    seq,
    time: "2026-11-23T19:17:05.000Z",
    type: "first",
    user: "bob",
    recordHash: "ab".repeat(32),
    ...fields,
  };
}

export function evidenceWith(id: number, fields: Partial<Evidence> = {}): Evidence {
  return {
    id,
    code: "log_fork",
    time: "2026-11-23T19:17:05.000Z",
    message: "The server has shown two different key logs.",
    hint: "Compare with your colleagues.",
    heads: [{ by: "server", size: 12, root: "cd".repeat(32), note: null }],
    mail: null,
    entries: [],
    records: [],
    dismissed: null,
    ...fields,
  };
}
