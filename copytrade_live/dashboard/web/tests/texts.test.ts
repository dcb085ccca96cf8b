import { expect, test } from "vitest";
import { safeLink } from "../src/format/links";
import { foreign, shortId, title, words } from "../src/format/texts";

test("a stranger's title cannot turn the writing around, hide, or break a line", () => {
  expect(foreign("Will \u202eX\u202c win?\u0000\n\u200bNow")).toBe("Will X win? Now");
  expect(foreign("  ", "no title")).toBe("no title");
  expect(foreign("Ñandú 日本 العربية 🎉")).toBe("Ñandú 日本 العربية 🎉");
});

test("ids are shortened in the middle", () => {
  expect(shortId("0x1234567890abcdef1234567890abcdef12345678")).toBe("0x1234…5678");
  expect(shortId("short")).toBe("short");
  expect(shortId("97c87c078403aa", 8, 0)).toBe("97c87c07…");
});

test("words of the wire read as words", () => {
  expect([words("low_p_pos"), title("gate_closed")]).toEqual(["low p_pos", "Gate closed"]);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "https://evil.example/x",
  "//evil.example",
  "file:///etc/passwd",
])("%s is no link of ours", (address) => {
  expect(safeLink(address)).toBeUndefined();
});

test("this machine and the venue may be linked to", () => {
  expect(safeLink("http://127.0.0.1:3000/runs/1")).toBe("http://127.0.0.1:3000/runs/1");
  expect(safeLink("https://polymarket.com/event/x")).toBe("https://polymarket.com/event/x");
});
