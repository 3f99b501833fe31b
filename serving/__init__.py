"""How an app meets the network: granian, deadlines and limits for bodies, an end to work whose client has left."""
