// browser.js -- what test_browser.sh asks of a report in a browser: problems, a line each; an empty text is none.
(function () {
  'use strict';
  var problems = [], all = Array.prototype.slice.call(document.querySelectorAll('body, body *')), ids = {};
  function say(what, element) {
    var text = element ? ' <' + element.tagName.toLowerCase() + '> ' + element.textContent.trim().slice(0, 40) : '';
    if (problems.length < 20) problems.push(what + text);
  }

  // Width: the page itself never scrolls sideways; what is wider has a region of its own that the keyboard reaches.
  var width = document.scrollingElement.scrollWidth;
  if (width > window.innerWidth) say('the page is ' + width + ' wide in a window of ' + window.innerWidth);
  all.forEach(function (e) {
    var scrolls = e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX);
    if (scrolls && e.tabIndex < 0) say('scrolls, but takes no focus:', e);
    if (scrolls && !e.getAttribute('aria-label')) say('scrolls, but has no name:', e);
  });

  // Names: ids are unique, pictures have words, regions have names of their own, links lead somewhere.
  all.forEach(function (e) {
    if (e.id && ids[e.id]) say('id given twice: ' + e.id);
    if (e.id) ids[e.id] = true;
    if (e.tagName === 'IMG' && !(e.getAttribute('alt') || '').trim()) say('a picture without words');
    if (e.tagName === 'IMG' && !(e.complete && e.naturalWidth > 0)) say('a picture that does not show: ' + e.alt);
    if (e.tagName.toLowerCase() === 'svg' && !e.getAttribute('aria-label') && !e.querySelector('title')) say('a drawing without words');
    if (e.getAttribute('role') === 'region') {
      var name = 'region ' + e.getAttribute('aria-label');
      if (ids[name]) say(name + ': named twice');
      ids[name] = true;
    }
  });
  Array.prototype.forEach.call(document.querySelectorAll('a[href]'), function (a) {
    if (a.getAttribute('href')[0] !== '#') say('leads out of the page: ' + a.href);
    else if (!document.getElementById(a.getAttribute('href').slice(1))) say('leads nowhere: ' + a.href);
  });
  if (!document.documentElement.lang || !document.title) say('no language or no title');

  // Nothing is fetched; the page's policy forbids it, and what it refuses is an error on the console.
  performance.getEntriesByType('resource').forEach(function (r) {
    if (r.name.slice(0, 5) !== 'data:') say('fetched: ' + r.name.slice(0, 80));
  });

  // Colour: WCAG 2 contrast of every text with what is behind it; and each verdict is a word or a letter.
  function channels(colour) {
    return colour.match(/[\d.]+/g).map(Number);
  }
  function luminance(rgb) {
    var c = rgb.slice(0, 3).map(function (x) {
      x /= 255;
      return x <= 0.03928 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  }
  function behind(e) {
    for (; e; e = e.parentElement) {
      var c = channels(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  }
  all.forEach(function (e) {
    var own = Array.prototype.some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.nodeValue.trim(); });
    if (!own || e.tagName === 'SCRIPT') return;
    var a = luminance(channels(getComputedStyle(e).color)), b = luminance(behind(e));
    var ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (!(ratio >= 4.5)) say('contrast ' + ratio.toFixed(2) + ', at least 4.5 wanted:', e);
  });
  Array.prototype.forEach.call(document.querySelectorAll('.verdict'), function (e) {
    if (!e.textContent.trim()) say('a verdict in colour only');
  });
  return problems.join('\n');
})();
