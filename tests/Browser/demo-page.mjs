// Starts `./microlink demo`, opens the page it prints in Debian's Chromium, and checks that the live actor graph is on it.
//   node demo-page.mjs ROOT        exit code 0: the page shows the graph. Screenshot: artifacts/logs/demo-page.png
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = process.argv[2];
const startMs = 180_000;               // the demo may have to be built first
const pageMs = 30_000;
const actors = ['netio', 'wg', 'paths', 'relays', 'control'];

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const demo = spawn(join(root, 'microlink'), ['demo'], { stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const url = await pageUrl(demo);
  console.log('the demo serves ' + url);
  await checkPage(url);
  console.log('the page shows the actor graph');
} catch (error) {
  console.log(String(error.stack ?? error));
  process.exitCode = 1;
} finally {
  demo.kill('SIGINT');
  await ended(demo, 10_000);
}

// The first loopback URL that the demo prints for its page. The lab's control server has one too: the line of the page says graph or page.
function pageUrl(process) {
  return new Promise((resolve, reject) => {
    let printed = '';
    const timer = setTimeout(() => reject(new Error('the demo printed no page URL in time:\n' + printed)), startMs);
    process.stdout.on('data', data => {
      printed += data;
      const match = /\b(?:graph|page)\b[^\n]*?(http:\/\/(?:127\.0\.0\.1|localhost):\d+\S*)/i.exec(printed);
      if (match) { clearTimeout(timer); console.log(printed); resolve(match[1]); }
    });
    process.on('exit', code => { clearTimeout(timer); reject(new Error(`the demo ended with code ${code}:\n` + printed)); });
  });
}

async function checkPage(url) {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
           '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    const errors = [];
    page.on('pageerror', error => errors.push('script error: ' + error.message));
    page.on('console', message => {
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) errors.push('console: ' + message.text());
    });
    await page.goto(url);
    await page.waitForFunction(names => names.every(name => document.body.textContent.includes(name)), actors, { timeout: pageMs });
    await page.screenshot({ path: join(root, 'artifacts/logs/demo-page.png'), fullPage: true });
    if (errors.length > 0) throw new Error(errors.join('\n'));
  } finally {
    await browser.close();
  }
}

function ended(process, timeoutMs) {
  return new Promise(resolve => {
    if (process.exitCode !== null) return resolve();
    const timer = setTimeout(() => { process.kill('SIGKILL'); resolve(); }, timeoutMs);
    process.on('exit', () => { clearTimeout(timer); resolve(); });
  });
}
