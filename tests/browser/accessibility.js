// SPDX-License-Identifier: GPL-3.0-or-later
// Reads pages as people do and counts what fails: accessibility.js BROWSER MODULES PAGE...
// [--printed PAGE...], the latter only as they are printed.
//
// Each page in light and dark, at 1100 and 390 columns of pixels: axe (WCAG A and AA, every fold
// open), no request beyond the page itself, no sideways scrolling of the whole page, with script off
// the same text, and printed nothing wider than the paper.
"use strict";
const path = require("path");
const [browserPath, modules, ...files] = process.argv.slice(2);
const pages = files.filter((f) => f !== "--printed");
const read = files.includes("--printed") ? files.indexOf("--printed") : files.length;
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = require.resolve(path.join(modules, "axe-core"));

let passed = 0, failed = 0;
function check(name, faults) {
    if (!faults.length) {
        passed++;
        return;
    }
    failed++;
    console.log(name);
    for (const fault of faults) console.log("    " + fault);
}

async function open(browser, url, options) {
    const context = await browser.newContext(options);
    const outside = [];
    await context.route("**/*", (route) => {
        const asked = route.request().url();
        if (asked === url) return route.continue();
        outside.push("asked for " + asked);
        return route.abort();
    });
    const page = await context.newPage();
    page.on("console", (message) => {
        if (message.type() === "error") outside.push(message.text());
    });
    await page.goto(url);
    return { context, page, outside };
}

async function violations(page) {
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    await page.addScriptTag({ path: axe });
    const found = await page.evaluate(() =>
        window.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        }));
    if (!found.passes.length) return ["no rule was tried"];
    return found.violations.flatMap((v) =>
        v.nodes.slice(0, 5).map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`));
}

async function look(browser, url, colorScheme, width) {
    const where = `${path.basename(url)}, ${colorScheme}, ${width}`;
    const viewport = { width, height: 1000 };
    // The page's content policy forbids script, so that axe needs leave to enter.
    const asked = await open(browser, url, { colorScheme, viewport, bypassCSP: true });
    check(`${where}: accessibility`, await violations(asked.page));
    check(`${where}: outside requests`, asked.outside);
    const sideways = await asked.page.evaluate(() => document.documentElement.scrollWidth);
    check(`${where}: width`, sideways > width ? [`the page is ${sideways} wide`] : []);
    await asked.context.close();
}

// Printed: light whatever the screen is, every fold open, nothing wider than the paper (A4 less its
// margins, at 96 pixels an inch).
async function printed(browser, url) {
    const viewport = { width: 672, height: 1000 };
    const { context, page } = await open(browser, url, { colorScheme: "dark", viewport });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const found = await page.evaluate(() => {
        const wide = document.documentElement.scrollWidth;
        const paint = getComputedStyle(document.body).color;
        const closed = [...document.querySelectorAll("details > :not(summary)")]
            .filter((e) => !e.checkVisibility({ contentVisibilityAuto: true })).length;
        const links = getComputedStyle(document.querySelector("nav")).display;
        return { wide, paint, closed, links };
    });
    const faults = [];
    if (found.wide > 672) faults.push(`${found.wide} pixels wide`);
    if (found.paint !== "rgb(0, 0, 0)") faults.push(`text is ${found.paint}`);
    if (found.closed) faults.push(`${found.closed} folds stay closed`);
    if (found.links !== "none") faults.push("the list of sections is printed");
    check(`${path.basename(url)}: printed`, faults);
    await context.close();
}

async function withoutScript(browser, url) {
    const on = await open(browser, url, {});
    const off = await open(browser, url, { javaScriptEnabled: false });
    const [a, b] = [await on.page.innerText("body"), await off.page.innerText("body")];
    const script = await off.page.locator("script").count();
    const same = a === b && a.length > 500;
    check(`${path.basename(url)}: the same without script`, same ? [] : ["differs"]);
    check(`${path.basename(url)}: no script`, script ? [`${script} script elements`] : []);
    await on.context.close();
    await off.context.close();
}

// A page that is wrong on purpose: the tools must see it.
async function power(browser, url) {
    const { context, page } = await open(browser, url, { bypassCSP: true });
    await page.evaluate(() => {
        document.documentElement.removeAttribute("lang");
        document.querySelector("p").style.color = "#ddd";
    });
    const found = (await violations(page)).map((v) => v.split(":")[0]);
    check("axe sees a missing language", found.includes("html-has-lang") ? [] : found);
    check("axe sees weak contrast", found.includes("color-contrast") ? [] : found);
    await context.close();
}

(async () => {
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    for (const [i, file] of pages.entries()) {
        const url = "file://" + path.resolve(file);
        await printed(browser, url);
        if (i >= read) continue;
        for (const scheme of ["light", "dark"])
            for (const width of [1100, 390]) await look(browser, url, scheme, width);
        await withoutScript(browser, url);
    }
    await power(browser, "file://" + path.resolve(pages[0]));
    await browser.close();
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
})().catch((error) => {
    console.log(String(error));
    console.log(`${passed} passed, ${failed + 1} failed`);
    process.exit(1);
});
