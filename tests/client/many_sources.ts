/**
 * For tests that fail to log in, recover and register many times: to the server every connection
 * comes from another address, so it does not make the one address wait.
 */
export function listenAsMany({ host, port }: { host: string; port: number }): Deno.TcpListener {
  const listener = Deno.listen({ hostname: host, port });
  const accept = listener.accept.bind(listener);
  let accepted = 0;
  listener.accept = async () => {
    const conn = await accept();
    accepted++;
    const hostname = `10.0.${accepted >> 8}.${accepted & 0xff}`;
    Object.defineProperty(conn, "remoteAddr", { value: { ...conn.remoteAddr, hostname } });
    return conn;
  };
  return listener;
}
