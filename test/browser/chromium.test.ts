/**
 * The built package in a real browser: headless Chromium on a software GPU, cross-origin isolated, so that
 * the threads of the CPU backend are tried there too.
 */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, hasSoftware } from "../gpu/software.ts";
import { bundleForBrowser } from "./bundle.ts";
import type { Line } from "./page.ts";

const args = [
  "--headless=new",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-webgpu-adapter=swiftshader",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
const library = new URL("../../node_modules/onnxruntime-web/dist/", import.meta.url);

/** Serves the page as a page must be served to share memory between threads, and what ONNX Runtime Web loads. */
const serve = (code: string): Promise<Server> =>
  new Promise((resolve) => {
    const files = (url: string): string | Buffer | undefined => {
      if (url === "/") return '<!doctype html><title>medimages</title><script type="module" src="/page.js"></script>';
      if (url === "/page.js") return code;
      return /^\/onnxruntime-web\/[\w.-]+$/.test(url) ? readFileSync(new URL(basename(url), library)) : undefined;
    };
    const server = createServer(({ url = "/" }, response) => {
      const found = files(url);
      response.writeHead(found === undefined ? 404 : 200, {
        "Content-Type": types[extname(url)] ?? "text/html",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      });
      response.end(found);
    });
    server.listen(0, "127.0.0.1", () => resolve(server));
  });

describe.skipIf(!hasSoftware)("the built package in headless Chromium", () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  const lines: Line[] = [];

  beforeAll(async () => {
    server = await serve(await bundleForBrowser("test/browser/page.ts"));
    browser = await chromium.launch({ executablePath: await chromiumPath(), headless: true, args });
    page = await browser.newPage();
    await page.exposeFunction("report", async (line: Line) => void lines.push(line));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => typeof window.check === "function");
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test("the page is isolated and has a GPU", async () => {
    const found = await page.evaluate(() => window.surroundings());
    expect(found).toMatchObject({ isolated: true, adapter: expect.stringContaining("swiftshader") });
    expect(found.laws).toBeGreaterThan(20);
  });

  test.each(["webgpu", "wasm"])(
    "conformance of %s",
    async (backend) => {
      await page.evaluate((name) => window.check(name, 25), backend);
      const mine = lines.filter((line) => line.backend === backend);
      const failed = mine.filter(({ problem }) => problem !== undefined);
      const took = mine.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      const version = browser.version();
      process.stdout.write(
        `${backend} in Chromium ${version}: ${mine.length - failed.length} of ${mine.length} checks hold, in ${(took / 1000).toFixed(1)} s\n`,
      );
      expect(mine.length).toBeGreaterThan(60);
      expect(failed).toEqual([]);
    },
    400_000,
  );
});
