// A table that is wider than its page scrolls in a box of the theme: the keys can scroll it too.
const reachable = () => document.querySelectorAll(".md-typeset__scrollwrap").forEach((box) => { box.tabIndex = 0; });
new MutationObserver(reachable).observe(document.body, { childList: true, subtree: true });
reachable();
