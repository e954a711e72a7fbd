import { MAX_DEVICE_NAME_BYTES } from "../../crypto/bundle_keys.ts";
import { utf8 } from "../../crypto/bytes.ts";

/** What the computer is called, for a device that nobody has named. */
export function computerName(): string {
  try {
    return Deno.hostname();
  } catch {
    return "";
  }
}

/** A name as it can be kept: one line, not empty, cut to its greatest length. */
export function deviceName(given: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is taken out
  const line = given.normalize("NFC").replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim();
  let name = "";
  for (const character of line) {
    if (utf8(name + character).length > MAX_DEVICE_NAME_BYTES) break;
    name += character;
  }
  return name === "" ? "unnamed" : name;
}
