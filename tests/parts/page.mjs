// Opens a page in a real browser and does with it what a person does: keys, the mouse, the slider. What came of that is
// printed as JSON. It talks to the browser through a pipe, by the protocol of its developer tools.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [browser, file] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "backstory-browser-"));
const child = spawn(browser, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
  "--remote-debugging-pipe", `--user-data-dir=${folder}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
let last = 0;
let rest = "";
const waiting = new Map();
const said = [];
child.stdio[4].setEncoding("utf8");
child.stdio[4].on("data", (text) => {
  const parts = (rest + text).split("\0");
  rest = parts.pop();
  for (const message of parts.map((part) => JSON.parse(part))) {
    if (message.id === undefined) said.push(message);
    else waiting.get(message.id)(message);
  }
});
function ask(method, params = {}, sessionId = undefined) {
  last += 1;
  const id = last;
  child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((answer, fail) => waiting.set(id, (message) =>
    message.error ? fail(new Error(method + ": " + message.error.message)) : answer(message.result)));
}

async function look() {
  const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
  const page = (method, params) => ask(method, params, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await page("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(expression + ": " + JSON.stringify(exceptionDetails));
    return result.value;
  };
  for (const part of ["Page", "Network", "Runtime", "Log"]) await page(part + ".enable");
  await page("Page.navigate", { url: "file://" + file });
  while (!said.some((message) => message.method === "Page.loadEventFired")) await new Promise((on) => setTimeout(on, 10));
  const place = () => evaluate("document.querySelector('.place').textContent");
  const key = async (name, code) => {
    for (const type of ["rawKeyDown", "keyUp"]) {
      await page("Input.dispatchKeyEvent", { type, key: name, code: name, windowsVirtualKeyCode: code });
    }
  };
  const keys = { Home: 36, End: 35, ArrowLeft: 37, ArrowRight: 39 };
  const told = { opened: await place(), first: await evaluate("document.body.innerText"), keys: [], slider: [] };
  for (const name of ["End", "ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "ArrowRight"]) {
    await key(name, keys[name]);
    told.keys.push([name, await place()]);
  }
  // The same keys while the slider has the focus.
  await evaluate("document.querySelector('input[type=range]').focus()");
  for (const name of ["End", "ArrowLeft", "Home", "ArrowRight"]) {
    await key(name, keys[name]);
    told.slider.push([name, await place()]);
  }
  const box = await evaluate("(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelector('input[type=range]').getBoundingClientRect())");
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2, button: "left", clickCount: 1 };
  for (const type of ["mousePressed", "mouseReleased"]) await page("Input.dispatchMouseEvent", { type, ...at });
  told.mouse = await place();
  told.line = await evaluate("document.querySelectorAll('.events tr')[1].click(), document.querySelector('.place').textContent");
  told.times = await evaluate(`(() => {
    const slider = document.querySelector("input[type=range]");
    const all = [];
    for (let i = 0; i < 60; i += 1) {
      const begun = performance.now();
      slider.value = String(Math.round((i * 0.618034 % 1) * Number(slider.max)));
      slider.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      all.push(performance.now() - begun);
    }
    return all.sort((a, b) => a - b);
  })()`);
  // What one step to the next event changes on the page, at most.
  told.touched = await evaluate(`(() => {
    const slider = document.querySelector("input[type=range]");
    const seen = new MutationObserver(() => {});
    seen.observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
    const all = [];
    for (let i = 500; i < 540; i += 1) {
      slider.value = String(i);
      slider.dispatchEvent(new Event("input"));
      all.push(seen.takeRecords().length);
    }
    seen.disconnect();
    return Math.max(...all.slice(1));
  })()`);
  told.text = await evaluate("document.body.innerText");
  told.broken = await evaluate("String(window.broken)");
  told.markup = await evaluate("document.querySelectorAll('img, iframe, script[src], link').length");
  const requests = said.filter((message) => message.method === "Network.requestWillBeSent").map((message) => message.params.request.url);
  told.requests = requests.filter((url) => url !== "file://" + file);
  const wrong = said.filter((message) => message.method === "Runtime.exceptionThrown" || message.method === "Log.entryAdded");
  told.wrong = wrong.map((message) => JSON.stringify(message.params));
  const dark = async (value) => {
    await page("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
    return evaluate("getComputedStyle(document.body).backgroundColor");
  };
  told.light = await dark("light");
  told.dark = await dark("dark");
  told.printed = (await page("Page.printToPDF", {})).data.length;
  return told;
}

const limit = setTimeout(() => { child.kill("SIGKILL"); process.exitCode = 1; }, 60_000);
try {
  console.log(JSON.stringify(await look()));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
  child.kill("SIGKILL");
  await new Promise((gone) => child.once("exit", gone));
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
