// The loop over an event log as one would first write it: node:readline, JSON.parse and base64 of each line.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

let bytes = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const event = JSON.parse(line);
  if (event.vars !== undefined) bytes += Buffer.from(event.vars, 'base64').length;
}
if (bytes === 0) process.exitCode = 1;
