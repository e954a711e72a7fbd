import { MailsecError } from "./errors.ts";

/**
 * A server, a user or a mail is not what it must be, whatever the reason. Nothing may go on as if
 * it were. Codes raised by this layer:
 *
 * | code | raised by |
 * | --- | --- |
 * | `record_signature`, `record_realm`, `record_expired`, `record_rollback`, `record_version`, `server_changed` | server_record.ts |
 * | `invite_mismatch` | invite.ts |
 * | `identity_signature`, `identity_user`, `identity_chain` | identity.ts |
 * | `invite_grant` | invite_grant.ts, identity.ts |
 * | `vouch` | vouch.ts |
 * | `log_head` | log_head.ts |
 * | `content_mismatch` | envelope_content.ts |
 */
export class TrustError extends MailsecError {
  override name = "TrustError";
}
