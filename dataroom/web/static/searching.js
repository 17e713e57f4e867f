// A search under way: the page is fetched anew until the service is done.

setTimeout(() => location.reload(), 2000);
