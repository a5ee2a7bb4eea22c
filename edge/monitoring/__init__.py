"""How the service tells the world how it is: status, metrics, log, systemd. It watches and never acts."""
