// Keeps a page as it is now, ticks its clocks and copies its commands. Everything works without it.
"use strict";
(() => {
  const POLL_SECONDS = 15;
  const stream = document.querySelector("[data-stream]");
  const liveText = document.getElementById("live");
  const news = document.getElementById("news");
  let skew = 0, fetching = false, again = false;

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
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  const offerCopies = () => {
    for (const block of document.querySelectorAll("pre[data-copy]")) {
      const title = block.previousElementSibling;
      if (title?.classList.contains("copy") || title?.querySelector(".copy")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", () => copy(block.textContent, button));
      if (title?.classList.contains("step")) title.append(button);
      else block.before(button);
    }
  };

  // A part in which somebody is typing, or has typed, is left alone.
  const busy = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => {
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

  const words = (page) => [".badge", "#holder", ".headline"]
    .map((name) => page.querySelector(name)?.textContent.trim()).filter(Boolean);

  const take = (page) => {
    const before = words(document);
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || busy(part)) continue;
      if (part.dataset.at) part.dataset.at = fresh.dataset.at;
      if (part.dataset.version) part.dataset.version = fresh.dataset.version;
      if (matter(part) !== matter(fresh)) exchange(part, fresh);
    }
    const told = words(document).filter((text) => !before.includes(text));
    if (told.length) {
      if (news) news.textContent = told.join(". ");
      document.getElementById("said")?.remove(); // it was of the moment before
    }
    setClock();
    tick();
    offerCopies();
  };

  const refresh = async () => {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      else say(answer.status === 401 ? "Signed out: load the page again." : "Not live.");
    } catch {
      say("Not live: the watcher does not answer.");
    }
    fetching = false;
    if (again) { again = false; refresh(); }
  };

  const say = (text) => { if (liveText) liveText.textContent = text; };

  const listen = () => {
    const source = new EventSource(stream.dataset.stream);
    let looked = 0;
    source.onmessage = (event) => {
      say("Live.");
      if (event.data !== stream.dataset.version) refresh();
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(looked);
      looked = setTimeout(() => { refresh(); listen(); }, POLL_SECONDS * 1000);
    };
    window.addEventListener("pagehide", () => source.close(), { once: true });
  };

  setClock();
  offerCopies();
  setInterval(tick, 1000);
  if (stream && stream.dataset.stream && "EventSource" in window) {
    listen();
    window.addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); listen(); } });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  }
})();
