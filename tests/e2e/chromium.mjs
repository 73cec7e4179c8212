// chromium.mjs - the browser of the tests. What is waited for in it may take its time on a busy machine.
import { chromium } from 'playwright-core';

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const WAIT_MS = 60000;

// sound: also where nobody has clicked.
export async function launch({ sound = false } = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', timeout: 180000,
    args: sound ? [...args, '--autoplay-policy=no-user-gesture-required'] : args,
  });
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await open(options);
    context.setDefaultTimeout(WAIT_MS);
    return context;
  };
  return browser;
}
