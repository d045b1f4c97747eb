// SPDX-License-Identifier: GPL-3.0-or-later
// Are the words of pictures readable?  words.js BROWSER MODULES PICTURE.svg...: counts pictures in
// which a word runs off the paper or stands on another one.
"use strict";
const fs = require("fs");
const path = require("path");
const [browserPath, modules, ...files] = process.argv.slice(2);
const { chromium } = require(path.join(modules, "playwright-core"));

// Boxes of letters are higher than the letters: lines may touch, and tics stand close.
function faults() {
    const WIDE = 2, HIGH = 5, OFF = 2;
    const svg = document.querySelector("svg"), paper = svg.getBoundingClientRect(), found = [];
    const words = [...svg.querySelectorAll("text")]
        .map((e) => ({ text: e.textContent.trim(), box: e.getBoundingClientRect() }))
        .filter((w) => w.text && w.box.width);
    words.forEach((w, i) => {
        if (w.box.left < paper.left - OFF || w.box.right > paper.right + OFF ||
            w.box.top < paper.top - OFF || w.box.bottom > paper.bottom + OFF)
            found.push(`"${w.text}" runs off the paper`);
        for (const other of words.slice(i + 1)) {
            const wide = Math.min(w.box.right, other.box.right) - Math.max(w.box.left, other.box.left);
            const high = Math.min(w.box.bottom, other.box.bottom) - Math.max(w.box.top, other.box.top);
            if (wide > WIDE && high > HIGH && w.text !== other.text)
                found.push(`"${w.text}" stands on "${other.text}"`);
        }
    });
    return found;
}

(async () => {
    const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
    const read = async (svg) => {
        await page.setContent(`<body style="margin:0">${svg}`);
        return page.evaluate(faults);
    };
    let passed = 0, failed = 0;
    for (const file of files) {
        const found = await read(fs.readFileSync(file, "utf8"));
        found.length ? failed++ : passed++;
        if (found.length) console.log(`${path.basename(file)}: ${found.slice(0, 5).join("; ")}`);
    }
    const bad = await read('<svg width="99" height="50"><text x="9" y="20">first</text>' +
        '<text x="15" y="22">second</text><text x="80" y="45">beyond the end</text></svg>');
    bad.length === 2 ? passed++ : failed++;
    if (bad.length !== 2) console.log(`of two faults ${bad.length} were seen`);
    await browser.close();
    console.log(`words of pictures: ${passed} passed, ${failed} failed`);
    process.exit(failed || files.length < 20 ? 1 : 0);
})().catch((error) => {
    console.log(String(error));
    console.log("words of pictures: 0 passed, 1 failed");
    process.exit(1);
});
