// What the demo's web has: for every search a few results, and for every
// address a page, which say that they are made up.
//
// Does not: ask any network.
// Called by: ../web.mjs.

/** In the form of ../web.mjs's made-up results. */
export function demoResults(keyword) {
  const slug = encodeURIComponent(keyword.trim().toLowerCase().replace(/\s+/g, '-').slice(0, 60));
  const web = ['an overview', 'in the news', 'questions and answers'].map((kind, index) => ({
    title: `${keyword}: ${kind}`,
    url: `https://demo-${index + 1}.example/${slug}`,
    content: `A made-up result ${index + 1} about ${keyword}; live, DeGPT searches the web.`,
    score: 0.9 - index / 10,
    raw_content: null,
  }));
  return { web, images: [] };
}

/** A page; null for an address that is none. */
export function demoPage(url) {
  const address = URL.parse(/^https?:/i.test(url) ? url : `https://${url}`);
  return address && { title: `The page of ${address.hostname}`, content: `A made-up page in place of ${address.href}; live, DeGPT reads it.` };
}
