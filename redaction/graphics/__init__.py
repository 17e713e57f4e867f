"""Resources other than fonts, forms and images: colour spaces, functions, shadings; copied by allow-list."""
