/**
 * A session worker with a fault: a connection whose first byte is 0xFF makes it throw, 0xFE makes it
 * hang. Everything else goes through the real one.
 */

import "../../../server/session_worker.ts";
import type { ConnectionStart } from "../../../server/pipe.ts";

const scope = globalThis as unknown as {
  onmessage: (event: { data: ConnectionStart }) => void;
};
const serve = scope.onmessage;

scope.onmessage = ({ data }) => {
  const { port1, port2 } = new MessageChannel();
  data.pipe.onmessage = (event) => {
    const [first] = event.data instanceof Uint8Array ? event.data : [];
    if (first === 0xff) setTimeout(() => fail());
    else if (first === 0xfe) { for (;;); }
    else port1.postMessage(event.data);
  };
  port1.onmessage = (event) => data.pipe.postMessage(event.data);
  serve({ data: { ...data, pipe: port2 } });
};

function fail(): never {
  throw new Error("the fault of the test");
}
