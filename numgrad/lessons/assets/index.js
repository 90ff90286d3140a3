find("pages").append(...data.pages.map((page) => element("li", {}, element("a", { href: page.file }, page.title), `: ${page.summary}`)));
