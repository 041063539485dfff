update head set position = $1, counter = $2, hash = $3
