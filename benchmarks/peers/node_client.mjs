// customerio-node as in its README, with IN_FLIGHT promises at once.
//
//   node node_client.mjs URL SITE_ID API_KEY IN_FLIGHT < users.json
//
// users.json is an array of [id, attributes]; prints the seconds it took.
import { readFileSync } from "node:fs";
import { TrackClient } from "customerio-node";

const [url, siteId, apiKey, inFlight] = process.argv.slice(2);
const users = JSON.parse(readFileSync(0, "utf8"));
const client = new TrackClient(siteId, apiKey, { url: `${url}/api/v1` });

let next = 0;
async function work() {
  while (next < users.length) {
    const [id, attributes] = users[next++];
    await client.identify(id, attributes);
  }
}

const began = performance.now();
await Promise.all(Array.from({ length: Number(inFlight) }, work));
console.log((performance.now() - began) / 1000);
