// Keeps a page as it is now, ticks its clocks and copies its commands. Everything works without it.
"use strict";
(() => {
  const POLL_SECONDS = 15;
  const DOUBT_SECONDS = 5; // a stream that ended in its time is there again after one or two
  const SILENT_SECONDS = 60; // a stream lasts 40, and each begins with a word
  const ANSWER_SECONDS = 10;
  const SAID_SECONDS = 10;
  const loaded = Date.now();
  const stream = document.querySelector("[data-stream]");
  const liveText = document.getElementById("live");
  const news = document.getElementById("news");
  const footer = document.querySelector("footer");
  const home = stream?.dataset.stream?.replace(/\/events$/, "") || "/"; // after a refusal the address is that of a form
  let skew = 0, fetching = false, again = false, heard = loaded, doubt = 0, lost = false, left = 0;

  const spell = (seconds) => {
    seconds = Math.max(0, Math.round(seconds));
    if (seconds < 60) return `${seconds} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 120) return `${minutes} min`;
    const hours = Math.floor(minutes / 60), rest = minutes % 60;
    if (hours < 48) return rest ? `${hours} h ${rest} min` : `${hours} h`;
    return `${Math.floor(hours / 24)} d`;
  };

  const setClock = () => {
    const at = document.querySelector("[data-at]");
    if (at) skew = Date.parse(at.dataset.at) - Date.now();
  };

  const tick = () => {
    const now = Date.now() + skew;
    for (const one of document.querySelectorAll("time[data-tick]"))
      one.textContent = spell((now - Date.parse(one.dateTime)) / 1000);
    for (const one of document.querySelectorAll("progress[data-since]"))
      one.value = Math.min(one.max, (now - Date.parse(one.dataset.since)) / 1000);
  };

  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    label(button, "Copied");
    setTimeout(() => label(button, "Copy"), 2000);
  };

  // Several buttons read "Copy": whoever hears them hears of what.
  const label = (button, text) => {
    button.textContent = text;
    if (button.dataset.of) button.setAttribute("aria-label", `${text}: ${button.dataset.of}`);
  };

  const offerCopies = () => {
    for (const block of document.querySelectorAll("pre[data-copy]")) {
      const title = block.previousElementSibling;
      if (title?.classList.contains("copy") || title?.querySelector(".copy")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      if (title?.classList.contains("step")) button.dataset.of = title.textContent.trim();
      label(button, "Copy");
      button.addEventListener("click", () => copy(block.textContent, button));
      if (title?.classList.contains("step")) title.append(button);
      else block.before(button);
    }
  };

  // A part in which somebody is typing, or has typed, is left alone; and what was refused, to be mended.
  const busy = (part) => Boolean(part.querySelector("form[data-kept]"))
    || [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => {
    if (field === document.activeElement) return true;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return ![...field.options].every((o) => o.selected === o.defaultSelected)
      && field.selectedIndex > 0;
    return field.value !== field.defaultValue;
  });

  // What differs each time the page is made is no change: seals, running clocks, our own buttons, what is folded open.
  const matter = (part) => {
    const bare = part.cloneNode(true);
    for (const one of bare.querySelectorAll("input[name=seal], .copy, time[data-tick], progress")) one.remove();
    for (const one of bare.querySelectorAll("details")) one.open = false;
    bare.normalize();
    return bare.innerHTML.replace(/\s+/g, " ");
  };

  const exchange = (part, fresh) => {
    const open = new Set([...part.querySelectorAll("details[open]")].map((one) => one.id));
    const focus = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceChildren(...fresh.childNodes);
    for (const one of part.querySelectorAll("details")) if (open.has(one.id)) one.open = true;
    if (!focus) return;
    const same = [...part.querySelectorAll(focus.tagName)].find((one) => one.textContent === focus.textContent);
    same?.focus({ preventScroll: true });
  };

  const words = (page) => [".badge", "#holder", ".headline"].map((name) => {
    const found = page.querySelector(name);
    const text = found?.textContent.trim().replace(/\s+/g, " ");
    return text && name === "#holder" ? `${found.previousElementSibling.textContent}: ${text}` : text;
  }).filter(Boolean);

  const take = (page) => {
    const before = words(document);
    for (const part of document.querySelectorAll("[data-live]")) {
      if (busy(part)) continue;
      const fresh = page.getElementById(part.id);
      part.hidden = !fresh || fresh.hidden; // what the page holds no more is no longer offered
      if (!fresh) { part.replaceChildren(); continue; }
      if (part.dataset.at) part.dataset.at = fresh.dataset.at;
      if (part.dataset.version) part.dataset.version = fresh.dataset.version;
      if (matter(part) !== matter(fresh)) exchange(part, fresh);
    }
    const told = words(document).filter((text) => !before.includes(text));
    if (told.length) {
      if (news) news.textContent = told.join(". ");
      const read = loaded + SAID_SECONDS * 1000 - Date.now(); // what was said is of the moment before, once it is read
      setTimeout(() => document.getElementById("said")?.remove(), Math.max(0, read));
    }
    document.title = page.title;
    setClock();
    tick();
    offerCopies();
  };

  const refresh = async () => {
    if (Date.now() - left < ANSWER_SECONDS * 1000) { // the answer to what was sent is for the page that comes
      setTimeout(refresh, ANSWER_SECONDS * 1000);
      return;
    }
    if (fetching) { again = true; return; }
    fetching = true;
    const patience = new AbortController();
    const ends = setTimeout(() => patience.abort(), ANSWER_SECONDS * 1000);
    try {
      const answer = await fetch(stream ? home + location.search : location.href, { credentials: "same-origin", signal: patience.signal });
      if (answer.ok) {
        take(new DOMParser().parseFromString(await answer.text(), "text/html"));
        if (lost) say("The watcher answers again.");
      } else say(answer.status === 401 ? "Signed out: load the page again." : "Not live: the watcher does not answer.", true);
    } catch {
      say("Not live: the watcher does not answer.", true);
    }
    clearTimeout(ends);
    fetching = false;
    if (again) { again = false; refresh(); }
  };

  // A page that is not kept fresh says so where it is seen, whatever part of it is on the screen.
  const say = (text, bad = false) => {
    if (bad && !lost && news) news.textContent = text;
    lost = bad;
    if (liveText) liveText.textContent = text;
    footer?.classList.toggle("lost", bad);
  };

  const hear = () => {
    heard = Date.now();
    clearTimeout(doubt);
    doubt = 0;
  };

  const listen = () => {
    const source = new EventSource(stream.dataset.stream);
    let looked = 0;
    source.onmessage = (event) => {
      hear();
      const back = lost;
      say("Live.");
      if (back || event.data !== stream.dataset.version) refresh();
    };
    source.onerror = () => { // refused, it is tried again for ever: whether anybody is there, a look must say
      doubt ||= setTimeout(refresh, DOUBT_SECONDS * 1000);
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(looked);
      looked = setTimeout(() => { refresh(); listen(); }, POLL_SECONDS * 1000);
    };
    window.addEventListener("pagehide", () => source.close(), { once: true });
  };

  // A watcher that hangs ends no stream: it only falls silent.
  const watch = () => {
    if (Date.now() - heard < SILENT_SECONDS * 1000) return;
    heard = Date.now();
    refresh();
  };

  setClock();
  offerCopies();
  setInterval(tick, 1000);
  if (stream && stream.dataset.stream && "EventSource" in window) {
    listen();
    setInterval(watch, 1000);
    document.addEventListener("submit", () => { left = Date.now(); });
    window.addEventListener("pageshow", (event) => { if (event.persisted) { left = 0; refresh(); listen(); } });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  }
})();
