// The floor of reading an event log: its lines, JSON.parse and base64 of each, and nothing is looked at.
import { closeSync, openSync, readSync } from 'node:fs';

const file = openSync(process.argv[2], 'r');
const chunk = Buffer.allocUnsafe(1 << 20);
let rest = Buffer.alloc(0);
let bytes = 0;
for (;;) {
  const length = readSync(file, chunk);
  if (length === 0) break;
  let from = 0;
  for (;;) {
    const newline = chunk.subarray(0, length).indexOf(10, from);
    if (newline < 0) break;
    const line =
      rest.length === 0
        ? chunk.toString('utf8', from, newline)
        : Buffer.concat([rest, chunk.subarray(from, newline)]).toString();
    rest = rest.length === 0 ? rest : Buffer.alloc(0);
    from = newline + 1;
    const event = JSON.parse(line);
    if (event.vars !== undefined) bytes += Buffer.from(event.vars, 'base64').length;
  }
  rest = Buffer.concat([rest, chunk.subarray(from, length)]);
}
closeSync(file);
if (bytes === 0) process.exitCode = 1;
