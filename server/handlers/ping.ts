import type { ping } from "../../protocol/messages/ping.ts";
import type { Handler } from "./handler.ts";

/** The client is still there; the reply tells it the server's time. */
export const handlePing: Handler<typeof ping> = ({ office }) => ({ time: office.now() });
