// port.mjs - a port that nobody listens on. Not one of those that the kernel gives to outgoing connections: such
// a one may be taken by anybody's between here and the server that is to have it.
import { readFileSync } from 'node:fs';
import net from 'node:net';

const FIRST = 11000; // below lie some that browsers refuse
const given = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
const END = given > FIRST + 1000 ? given : 32768;

const isFree = (port) => new Promise((done) => {
  const server = net.createServer();
  server.once('error', () => done(false));
  server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
});

export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    if (await isFree(port)) return port;
  }
}
