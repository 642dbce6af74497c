// Pushes items by ioredis: node ioredis_items.js PORT. What it was answered, as JSON.
const Redis = require('ioredis');

async function main(port) {
  const client = new Redis({port, host: '127.0.0.1', connectionName: 'ioredis', maxRetriesPerRequest: 1});
  const answers = {};
  answers.rpush = await client.rpush('quotes:items', '{"n":1}', '{"n":2}');
  answers.xadd = await client.xadd('quotes:items', '*', 'item', '{"n":3}');
  const pipeline = client.pipeline();
  for (let n = 4; n < 1004; ++n) pipeline.rpush('quotes:items', JSON.stringify({n}));
  answers.pipeline = (await pipeline.exec()).every(([error, reply]) => error === null && reply === 1);
  answers.bad = await client.rpush('quotes:items', '{"a":').catch((error) => error.message);
  answers.zcard = await client.zcard('q').catch((error) => error.message);
  answers.transaction = await client.multi().rpush('quotes:items', '-1').exec().catch((error) => error.message);
  await client.quit();
  console.log(JSON.stringify(answers));
}

main(Number(process.argv[2])).catch((error) => { console.error(error); process.exit(1); });
