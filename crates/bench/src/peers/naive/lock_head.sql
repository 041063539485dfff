select position, counter, hash from head for no key update
