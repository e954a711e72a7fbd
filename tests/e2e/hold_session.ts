/**
 * Logs in, says so, and keeps the session until its stdin ends.
 * Arguments: SERVER USER; variables: HOLD_PASSWORD, HOLD_CONFIG.
 */
import { openRawSession } from "../../tools/raw_session.ts";

const [server = "", user = ""] = Deno.args;
const { close } = await openRawSession({
  ...{ server, user },
  password: Deno.env.get("HOLD_PASSWORD") ?? "",
  config: Deno.env.get("HOLD_CONFIG") ?? "",
});
console.log("logged in");
for await (const _ of Deno.stdin.readable);
await close();
