import { BUNDLE_WRAP_BYTES } from "../../crypto/bundle_slots.ts";
import { empty, fixedBytes, nullable, struct } from "../schema.ts";
import { time } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Adds a slot for a device that is being enrolled to the key bundle that logins get, until
 * `expires`; the server cuts that to its own limit. Null takes it away at once.
 */
export const enrolDevice = {
  type: "enrol_device",
  request: struct({ wrap: nullable(fixedBytes(BUNDLE_WRAP_BYTES)), expires: time }),
  reply: empty,
} satisfies Message<"enrol_device", unknown, unknown>;

export type EnrolDeviceRequest = RequestOf<typeof enrolDevice>;
export type EnrolDeviceReply = ReplyOf<typeof enrolDevice>;
