"""The appliance around the matting: folders, processes, configuration, command line."""
